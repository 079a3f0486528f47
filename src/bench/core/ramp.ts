import { parseDurationNs } from "../../support/duration.js";

/** What a load must keep to: a percentile of a scenario's total below a bound. */
export interface LatencyObjective {
  /** As it was written. */
  expression: string;
  /** For instance 0.99. */
  q: number;
  boundNs: number;
}

/** One rate that was tried. */
export interface RampStep {
  ratePerS: number;
  /** The objective's percentile; undefined when no attempt succeeded. */
  seenNs: number | undefined;
  errors: number;
  lateStarts: number;
  droppedStarts: number;
  /** True when the percentile kept to its bound and nothing failed or was dropped. */
  met: boolean;
}

/** The search for the highest rate that a runtime sustains. */
export interface RampResult {
  scenario: string;
  objective: string;
  /** In the order in which they were tried. */
  steps: RampStep[];
  /** Undefined when not even the lowest rate met the objective. */
  highestRatePerS?: number;
  /** True when the highest rate tried was still met: the runtime may sustain more. */
  open: boolean;
}

const OBJECTIVE = /^\s*p(\d{1,2}(?:\.\d+)?)\s*<\s*(\S+)\s*$/;

/**
 * Reads an objective such as `p99 < 2s`.
 * @throws RangeError with the text and the rule
 */
export function parseObjective(expression: string): LatencyObjective {
  const [, percent, bound] = OBJECTIVE.exec(expression) ?? [];
  const refuse = (): never => {
    throw new RangeError(`"${expression}" is no latency objective: give a percentile and its bound`);
  };
  if (percent === undefined || bound === undefined) return refuse();
  try {
    return { expression: expression.trim(), q: Number(percent) / 100, boundNs: parseDurationNs(bound) };
  } catch {
    return refuse();
  }
}

/** Slow enough for every runtime known: a VM-based handler starts a pod in some seconds. */
const FIRST_RATE_PER_S = 0.5;

/** Twice what the fastest runtimes start on a large server (RunD: some 200 a second). */
const LAST_RATE_PER_S = 512;

/** The answer is known to a tenth: the noise of a host is no smaller. */
const PRECISION = 1.1;

/**
 * Finds the highest rate that meets an objective: rates double until one fails, then the gap is halved until it is within
 * a tenth.
 *
 * @param tryRate puts the load on and tells how it went; undefined ends the search where it is.
 */
export async function findHighestRate(
  tryRate: (ratePerS: number) => Promise<RampStep | undefined>,
): Promise<Pick<RampResult, "steps" | "highestRatePerS" | "open">> {
  const steps: RampStep[] = [];
  let met: number | undefined;
  let missed: number | undefined;
  for (let rate = FIRST_RATE_PER_S; ;) {
    const step = await tryRate(rate);
    if (!step) break;
    steps.push(step);
    if (step.met) met = rate;
    else missed = rate;
    if (missed === undefined) {
      if (rate >= LAST_RATE_PER_S) break;
      rate *= 2;
    } else {
      if (met === undefined || missed / met <= PRECISION) break;
      rate = Number(Math.sqrt(met * missed).toPrecision(3));
    }
  }
  return { steps, ...(met !== undefined && { highestRatePerS: met }), open: missed === undefined };
}
