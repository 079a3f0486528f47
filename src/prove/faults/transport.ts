import type { Fault } from "./fault.js";

/** What goes wrong on the way: connections that break, answers that stop in the middle, streams out of order. */
export function transportFaults(): Fault[] {
  return [];
}
