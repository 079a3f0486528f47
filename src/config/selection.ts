import { createHash } from "node:crypto";
import type { Level, SpecInfo } from "../report/model.js";
import { UsageError } from "./errors.js";
import { parseLabelFilter } from "./label-filter.js";
import type { Shard } from "./parsers.js";
import { parseIdPattern } from "./spec-ids.js";

/** Which specs a command is about; a spec must satisfy every part that is given. */
export interface Selection {
  /** Keeps specs for which one of the expressions finds something in "ID title". */
  focus?: readonly RegExp[];
  /** Drops specs for which one of the expressions finds something in "ID title". */
  skip?: readonly RegExp[];
  /** See {@link parseLabelFilter}. */
  labelFilter?: string;
  /** Ids and patterns such as `STR-*`. */
  ids?: readonly string[];
  levels?: readonly Level[];
  /** Specs that an earlier run left to be run again. */
  among?: { ids: ReadonlySet<string>; why: string };
  /** The part of what the rest selects. */
  shard?: Shard;
}

/**
 * The selected specs, in the order given.
 *
 * @throws UsageError when a part is wrong, or when nothing is left: a run of no specs proves nothing
 */
export function select<T extends SpecInfo>(specs: readonly T[], selection: Selection): T[] {
  const { focus = [], skip = [], levels, among, shard } = selection;
  const knownIds = specs.map((spec) => spec.id);
  const ids = selection.ids?.map((text) => atOption("--ids", () => parseIdPattern(text, knownIds)));
  const label = selection.labelFilter;
  const hasLabels = label === undefined ? undefined : atOption("--label-filter", () => parseLabelFilter(label, specs));

  const chosen = specs.filter((spec) => {
    const name = `${spec.id} ${spec.title}`;
    return (
      (focus.length === 0 || focus.some((expression) => expression.test(name))) &&
      !skip.some((expression) => expression.test(name)) &&
      (ids === undefined || ids.some((pattern) => pattern.matches(spec.id))) &&
      (levels === undefined || levels.includes(spec.level)) &&
      (among === undefined || among.ids.has(spec.id)) &&
      (hasLabels === undefined || hasLabels(spec))
    );
  });
  if (chosen.length === 0) {
    throw new UsageError(
      `No spec is selected: ${describeSelection(selection)} leave none of ${specs.length}; loosen one of them, and see \`critique list\`.`,
    );
  }
  if (shard === undefined) return chosen;
  const part = takeShard(chosen, shard);
  if (part.length > 0) return part;
  throw new UsageError(
    `No spec is selected: --shard ${shard.index}/${shard.count} of ${chosen.length} selected specs is empty; use at most ${chosen.length} shards.`,
  );
}

/**
 * Deals the specs to the shards one by one, in the order of a hash of their ids: which shard a spec lands in depends
 * on the set of specs alone, shards differ by one spec at most, and slow neighbours are spread out.
 */
function takeShard<T extends SpecInfo>(specs: readonly T[], shard: Shard): T[] {
  const order = specs
    .map((spec) => ({ id: spec.id, hash: createHash("sha256").update(spec.id).digest("hex") }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const mine = new Set(order.filter((_, position) => position % shard.count === shard.index - 1).map(({ id }) => id));
  return specs.filter((spec) => mine.has(spec.id));
}

function describeSelection(selection: Selection): string {
  const parts = [
    ...(selection.focus ?? []).map((expression) => `--focus ${expression.source}`),
    ...(selection.skip ?? []).map((expression) => `--skip ${expression.source}`),
    ...(selection.labelFilter === undefined ? [] : [`--label-filter "${selection.labelFilter}"`]),
    ...(selection.ids === undefined ? [] : [`--ids ${selection.ids.join(",")}`]),
    ...(selection.levels === undefined ? [] : [`--level ${selection.levels.join(",")}`]),
    ...(selection.among === undefined ? [] : [selection.among.why]),
  ];
  return parts.length === 0 ? "the options" : parts.join(" and ");
}

function atOption<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${flag}: ${error.message}`);
    throw error;
  }
}
