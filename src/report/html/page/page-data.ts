import type { RunResults, SpecResult } from "../../model.js";
import { reasonOf } from "../../failure-text.js";
import { inReadingOrder, standingOf, type Standing } from "../../standing.js";

/** A spec with what filters and tables ask of it again and again. */
export interface Row {
  spec: SpecResult;
  standing: Standing;
  /** RPCs that its attempts called. */
  called: ReadonlySet<string>;
  /** Everything the text filter looks into, in lower case. */
  text: string;
}

/** The specs, worst news first. */
export function rowsOf(results: RunResults): Row[] {
  return inReadingOrder(results.specs).map((spec) => {
    const { id, title, area, level, clause, reason, tags, needs, rpcs, critest } = spec;
    const words = [id, title, area, level, clause, reason, reasonOf(spec), ...tags, ...needs, ...rpcs, ...critest];
    return {
      spec,
      standing: standingOf(spec),
      called: new Set(spec.attempts.flatMap(({ calls }) => calls.map(({ method }) => method))),
      text: words.join(" ").toLowerCase(),
    };
  });
}

/** What the list is narrowed to; an empty text stands for anything. */
export interface Filter {
  area: string;
  level: string;
  standing: string;
  rpc: string;
  /** Words that must all occur, in any order. */
  text: string;
}

export const NO_FILTER: Filter = { area: "", level: "", standing: "", rpc: "", text: "" };

export function filterRows(rows: readonly Row[], filter: Filter): Row[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return rows.filter(
    ({ spec, standing, called, text }) =>
      (filter.area === "" || filter.area === spec.area) &&
      (filter.level === "" || filter.level === spec.level) &&
      (filter.standing === "" || filter.standing === standing) &&
      (filter.rpc === "" || called.has(filter.rpc) || spec.rpcs.includes(filter.rpc)) &&
      words.every((word) => text.includes(word)),
  );
}
