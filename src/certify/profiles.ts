import { didYouMean } from "../config/nearest.js";
import { UsageError } from "../config/errors.js";
import { FEATURES, type FeatureName } from "../harness/features.js";
import type { Level, SpecInfo } from "../report/model.js";

/**
 * Features that a certification takes for granted, because whoever runs it can arrange them: they are of the node and of
 * the run, not of the runtime. A spec that does not apply for lack of one of them was skipped.
 */
const CONDITIONS: ReadonlySet<FeatureName> = new Set([
  "node-files",
  "node-root",
  "node-mounts",
  "no-other-pods",
  "own-registry",
  "two-cpus",
  "host-ports",
  "seccomp",
]);

/** A spec that a profile rests on. */
export interface Requirement {
  id: string;
  level: Level;
  /** True where the spec itself may find that its subject does not exist; a required spec may not. */
  mayNotApply: boolean;
}

/** What a certificate can be about. */
export interface Profile {
  name: string;
  /** One line for people. */
  explain: string;
  requirements: Requirement[];
}

/** Features that have a profile of their own: those that specs need beyond the conditions of every certification. */
export function featuresOf(specs: readonly SpecInfo[]): FeatureName[] {
  const needed = new Set(specs.filter(isOwed).flatMap(extraNeeds));
  return (Object.keys(FEATURES) as FeatureName[]).filter((name) => needed.has(name));
}

/** Names of all profiles, in the order in which they are offered. */
export function profileNames(specs: readonly SpecInfo[]): string[] {
  return ["core", "full", ...featuresOf(specs)];
}

/**
 * A profile by its name, from the levels of the specs:
 * - `core`: every required spec that needs nothing beyond the conditions of every certification
 * - a feature: `core`, and every required and recommended spec that needs this feature and no other
 * - `full`: every required and recommended spec whose features the runtime and the node offer
 *
 * @param capabilities what the run found, feature by feature: true, or the reason why not
 * @throws UsageError when there is no such profile
 */
export function profileOf(
  name: string,
  specs: readonly SpecInfo[],
  capabilities: Readonly<Record<string, true | string>>,
): Profile {
  const core = specs.filter((spec) => spec.level === "required" && extraNeeds(spec).length === 0);
  if (name === "core") return profile(name, "every required behaviour that no optional feature is needed for", core);
  const owed = specs.filter(isOwed);
  if (name === "full") {
    const offered = owed.filter((spec) => extraNeeds(spec).every((feature) => capabilities[feature] === true));
    return profile(name, "every required and recommended behaviour of what the runtime and the node offer", offered);
  }
  const feature = featuresOf(specs).find((candidate) => candidate === name);
  if (feature === undefined) {
    const names = profileNames(specs);
    throw new UsageError(
      `--profile: there is no profile "${name}"; there are ${names.join(", ")}${didYouMean(name, names)}`,
    );
  }
  const own = owed.filter((spec) => extraNeeds(spec).join() === feature);
  const both = specs.filter((spec) => core.includes(spec) || own.includes(spec));
  return profile(name, `core, and what needs ${FEATURES[feature].explain}`, both);
}

/** Optional behaviours are nobody's due. */
const isOwed = ({ level }: SpecInfo): boolean => level !== "optional";

function extraNeeds({ needs }: SpecInfo): FeatureName[] {
  return (needs as FeatureName[]).filter((need) => !CONDITIONS.has(need));
}

function profile(name: string, explain: string, specs: readonly SpecInfo[]): Profile {
  const requirements = specs.map(({ id, level }) => ({ id, level, mayNotApply: level !== "required" }));
  return { name, explain, requirements };
}
