import type { RpcName } from "../../cri/methods.js";

const AREAS: readonly (readonly [pattern: RegExp, area: string])[] = [
  [/^Checkpoint|^RestorePod$/, "checkpoint"],
  [/^Stream/, "list-stream"],
  [/Events$/, "event"],
  [/Stats$|Metric/, "stats"],
  [/Image/, "image"],
  [/^ExecSync$/, "exec"],
  [/^(Exec|Attach|PortForward)$/, "streaming"],
  [/^ReopenContainerLog$/, "log"],
  [/^Update(Container|PodSandbox)Resources$/, "resource"],
  [/Sandbox/, "sandbox"],
  [/Container/, "container"],
];

/** Topic of an RPC, for scores. */
export function areaOf(rpc: RpcName): string {
  return AREAS.find(([pattern]) => pattern.test(rpc))?.[1] ?? "runtime";
}
