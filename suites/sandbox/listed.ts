import type { CriRpc, PodSandbox } from "../../src/harness/index.js";

type Filter = NonNullable<Parameters<CriRpc["listPodSandbox"]>[0]["filter"]>;

/** ListPodSandbox with this filter. */
export async function listedSandboxes(rpc: CriRpc, filter: Filter) {
  return (await rpc.listPodSandbox({ filter })).items;
}

/** The ids of things that have one. */
export function idsOf(things: readonly (Pick<PodSandbox, "id"> | { id: string })[]): string[] {
  return things.map(({ id }) => id);
}
