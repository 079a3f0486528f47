import { DEFAULT_MAX_IN_FLIGHT } from "./core/load-shape.js";
import { findHighestRate, type LatencyObjective, type RampResult, type RampStep } from "./core/ramp.js";
import { quantile } from "./core/quantile.js";
import { runScenario, type ScenarioRunOptions } from "./core/run-scenario.js";
import type { Scenario } from "./core/scenario.js";
import { sortedCopy } from "./core/statistics.js";
import type { TargetSession } from "./target-session.js";

export interface RampOptions extends Pick<ScenarioRunOptions, "samples" | "warmup"> {
  objective: LatencyObjective;
  /** Starts under way at the same time. Default 100. */
  maxInFlight?: number;
  signal: AbortSignal;
  onStep?: (step: RampStep) => void;
}

/**
 * Looks for the highest rate of starts at which a scenario meets a latency objective. Each rate is a scenario of its own
 * in the result, `pod-startup@4` for four starts per second.
 */
export async function runRamp(scenario: Scenario, session: TargetSession, options: RampOptions): Promise<RampResult> {
  const { objective, samples, warmup, maxInFlight = DEFAULT_MAX_IN_FLIGHT, signal, onStep } = options;
  let warmed = false;
  const found = await findHighestRate(async (ratePerS) => {
    if (signal.aborted) return undefined;
    const run = await runScenario({ ...scenario, name: `${scenario.name}@${ratePerS}` }, session.context, {
      samples,
      warmup: warmed ? 0 : warmup,
      shape: { kind: "openLoop", ratePerS, maxInFlight },
    });
    warmed = true;
    await session.add(run);
    if (run.end.state === "interrupted" || run.end.state === "notApplicable") return undefined;
    const totals = sortedCopy(run.store.series("run", "total").valuesNs);
    const seenNs = totals.length === 0 ? undefined : quantile(totals, objective.q);
    const errors = run.store.errors("total");
    const { lateStarts = 0, droppedStarts = 0 } = run.pace ?? {};
    const met = seenNs !== undefined && seenNs < objective.boundNs && errors === 0;
    const step = { ratePerS, seenNs, errors, lateStarts, droppedStarts, met };
    onStep?.(step);
    return step;
  });
  return { scenario: scenario.name, objective: objective.expression, ...found };
}
