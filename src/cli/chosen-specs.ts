import { loadSpecs } from "../harness/catalogue.js";
import type { Spec } from "../harness/spec.js";
import { select } from "../config/selection.js";
import type { OptionValues } from "./options.js";

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
  const all = await loadSpecs();
  const infos = all.map((spec) => spec.info);
  const chosen = select(infos, {
    focus: options.focus,
    skip: options.skip,
    ...(options.labelFilter !== undefined && { labelFilter: options.labelFilter }),
    ...(options.ids !== undefined && { ids: options.ids }),
    ...(options.level !== undefined && { levels: options.level }),
    ...(options.shard !== undefined && { shard: options.shard }),
  });
  return { specs: all.filter((spec) => chosen.includes(spec.info)), knownIds: infos.map((info) => info.id) };
}
