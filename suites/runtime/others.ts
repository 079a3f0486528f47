import type { SpecContext } from "../../src/harness/index.js";

/**
 * How many pod sandboxes of others the runtime has now. Another part of a sharded run may have started since the need
 * `no-other-pods` was judged.
 */
export async function podsOfOthers({ rpc, names }: Pick<SpecContext, "rpc" | "names">): Promise<number> {
  const { items } = await rpc.listPodSandbox({});
  return items.filter(({ labels }) => !Object.values(labels).includes(names.runId)).length;
}

/** Ends the spec as not applicable where others have pods that it would harm. */
export async function requireNoOthers(context: Pick<SpecContext, "rpc" | "names" | "notApplicable">): Promise<void> {
  const others = await podsOfOthers(context);
  if (others > 0) context.notApplicable(`the runtime has ${others} pod sandboxes of others`, "host");
}
