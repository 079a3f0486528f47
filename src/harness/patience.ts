import { availableParallelism, loadavg } from "node:os";

/**
 * Tasks a processor that run or wait for it while nothing else loads the node: up to 7 were seen with three specs for each of two slow
 * processors.
 */
const USUAL_LOAD = 8;

/** Beyond this a node does not get on, and waiting longer tells nothing. */
const MOST = 8;

/**
 * How many times as long as usual things may take on this node now: 1 up to the usual load, and in proportion beyond it, since every
 * task gets that much less of a processor. A load changes durations, not verdicts.
 * @param load tasks that run or wait, averaged over the last minute
 */
export function patience(load: number = loadavg()[0] ?? 0, processors: number = availableParallelism()): number {
  return Math.min(Math.max(1, load / processors / USUAL_LOAD), MOST);
}
