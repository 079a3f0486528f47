import type { CriRpc } from "../../src/harness/index.js";

type Filter = NonNullable<Parameters<CriRpc["listContainers"]>[0]["filter"]>;

/** ListContainers with this filter. */
export async function listedContainers(rpc: CriRpc, filter: Filter) {
  return (await rpc.listContainers({ filter })).containers;
}

/** The ids that ListContainers gives with this filter. */
export async function listedIds(rpc: CriRpc, filter: Filter): Promise<string[]> {
  return (await listedContainers(rpc, filter)).map(({ id }) => id);
}
