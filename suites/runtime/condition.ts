import type { CriRpc, RuntimeCondition } from "../../src/harness/index.js";

/** The condition of this type as Status reports it now. */
export async function condition(rpc: CriRpc, type: string): Promise<RuntimeCondition | undefined> {
  const { status } = await rpc.status({});
  return status?.conditions.find((found) => found.type === type);
}
