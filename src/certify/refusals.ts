import type { RunResults, SpecResult } from "../report/model.js";
import type { Profile, Requirement } from "./profiles.js";

/**
 * Why a run does not earn a profile, in sentences; none where it does. What is required must have passed at the first
 * attempt: neither a list of known failures nor a skip is an excuse.
 */
export function refusals(profile: Profile, results: RunResults): string[] {
  const specs = new Map(results.specs.map((spec) => [spec.id, spec]));
  const reasons = profile.requirements.flatMap((requirement) => {
    const trouble = troubleWith(requirement, specs.get(requirement.id));
    return trouble === undefined ? [] : [`${requirement.id} (${requirement.level}) ${trouble}`];
  });
  const { end } = results;
  if (end?.how !== "completed") {
    reasons.unshift(`the run did not complete: ${end ? end.reason : "it has no end"}`);
  }
  if (!profile.requirements.some(({ id }) => specs.get(id)?.verdict === "passed")) {
    reasons.push(`nothing of the profile ${profile.name} was seen to work`);
  }
  return reasons;
}

function troubleWith({ mayNotApply }: Requirement, spec: SpecResult | undefined): string | undefined {
  switch (spec?.verdict) {
    case undefined:
      return "was not part of the run; run the suite without choosing specs";
    case "passed":
      return undefined;
    case "notApplicable":
      return mayNotApply ? undefined : `was skipped: ${spec.reason}`;
    case "notRun":
      return `did not run: ${spec.reason}`;
    case "broken":
      return `broke on our side: ${spec.reason}`;
    case "flaky":
      return `is flaky: ${spec.reason}`;
    case "failed":
      return `failed: ${spec.reason}`;
  }
}
