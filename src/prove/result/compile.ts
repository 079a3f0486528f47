import type { BaselineRecord, FaultResult, ProveResults, SpecProof } from "./model.js";
import { PROVE_SCHEMA } from "./model.js";
import { scoresOf } from "./score.js";

/** What a report is made of. */
export interface CompileInput extends Omit<
  ProveResults,
  "schema" | "scores" | "faults" | "specs" | "specsWithoutKill" | "notProvable" | "complete" | "notRun"
> {
  baseline: readonly BaselineRecord[];
  faults: readonly FaultResult[];
  /** Faults that were chosen, with or without a result. */
  chosen: number;
}

/** Makes the content of prove.json from what is known. */
export function compileResults({ baseline, faults, chosen, ...about }: CompileInput): ProveResults {
  const sorted = [...faults].sort((a, b) => a.id.localeCompare(b.id));
  const specs = proofsOf(baseline, sorted);
  return {
    schema: PROVE_SCHEMA,
    ...about,
    complete: sorted.length === chosen,
    notRun: chosen - sorted.length,
    scores: scoresOf(sorted),
    faults: sorted,
    specs,
    specsWithoutKill: specs.filter(({ kills, tried }) => kills.length === 0 && tried > 0).map(({ id }) => id),
    notProvable: baseline
      .filter(({ status }) => status !== "passed")
      .map(({ id, status, reason }) => ({ id, status, reason }))
      .sort((a, b) => a.id.localeCompare(b.id)),
  };
}

function proofsOf(baseline: readonly BaselineRecord[], faults: readonly FaultResult[]): SpecProof[] {
  const proofs = new Map<string, SpecProof>(
    baseline
      .filter(({ status }) => status === "passed")
      .map(({ id, title }) => [id, { id, title, kills: [], alone: [], tried: 0 }]),
  );
  for (const fault of faults) {
    const killers = fault.trials.filter(({ end }) => end === "killed");
    for (const { spec, end } of fault.trials) {
      const proof = proofs.get(spec);
      if (!proof || end === "unhurt") continue;
      proof.tried++;
      if (end === "killed") proof.kills.push(fault.id);
      if (end === "killed" && killers.length === 1 && fault.untried === 0) proof.alone.push(fault.id);
    }
  }
  return [...proofs.values()].sort((a, b) => a.id.localeCompare(b.id));
}
