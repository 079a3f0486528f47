import { shuffled } from "../../harness/scheduler.js";
import type { Fault } from "../faults/fault.js";

/**
 * An order in which every beginning is a fair sample: each kind of fault of each RPC has its turn before one of them has its
 * second, in an order that the seed decides.
 */
export function fairOrder(faults: readonly Fault[], seed: number): Fault[] {
  const groups = new Map<string, Fault[]>();
  for (const fault of shuffled(faults, seed)) {
    const group = `${fault.kind} ${fault.rpc}`;
    groups.set(group, [...(groups.get(group) ?? []), fault]);
  }
  const order: Fault[] = [];
  const left = [...groups.values()];
  for (let turn = 0; order.length < faults.length; turn++) {
    for (const group of left) if (turn < group.length) order.push(group[turn]!);
  }
  return order;
}
