import type { Fault } from "../fault.js";

/** What real runtimes have been seen to do wrong, or could as well. */
export function semanticFaults(): Fault[] {
  return [];
}
