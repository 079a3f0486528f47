import { BENCHMARK_BEHAVIOURS } from "../bench/behaviours.js";
import { UsageError } from "../config/errors.js";
import { select, type Selection } from "../config/selection.js";
import { loadSpecs } from "../harness/catalogue.js";
import type { Spec } from "../harness/spec.js";
import type { SpecInfo } from "../report/model.js";
import type { OptionValues } from "./options.js";
import { readUnexpected } from "./rerun-failed.js";

/** The specs that the options choose, and the ids of all there are. */
export interface ChosenSpecs {
  specs: Spec[];
  knownIds: string[];
}

/**
 * Loads the suites and keeps what the options choose.
 * @throws UsageError when an option is wrong or nothing is left
 */
export async function chooseSpecs(options: OptionValues): Promise<ChosenSpecs> {
  const measured = BENCHMARK_BEHAVIOURS.find(({ info }) => options.ids?.includes(info.id));
  if (measured) {
    throw new UsageError(
      `--ids: "${measured.info.id}" is measured and has no spec; ` +
        `use \`critique bench --scenario ${measured.scenarios.join(",")}\`.`,
    );
  }
  const all = await loadSpecs();
  const infos = all.map((spec) => spec.info);
  const among = options.rerunFailed === undefined ? undefined : await readUnexpected(options.rerunFailed);
  const chosen = selectByOptions(infos, options, among);
  return { specs: all.filter((spec) => chosen.includes(spec.info)), knownIds: infos.map((info) => info.id) };
}

/**
 * Keeps what the options choose, in the order given.
 * @throws UsageError when an option is wrong or nothing is left
 */
export function selectByOptions<T extends SpecInfo>(
  infos: readonly T[],
  options: OptionValues,
  among?: Selection["among"],
): T[] {
  return select(infos, {
    ...(among && { among }),
    focus: options.focus,
    skip: options.skip,
    ...(options.labelFilter !== undefined && { labelFilter: options.labelFilter }),
    ...(options.ids !== undefined && { ids: options.ids }),
    ...(options.level !== undefined && { levels: options.level }),
    ...(options.shard !== undefined && { shard: options.shard }),
  });
}
