import { readdir, readFile, readlink } from "node:fs/promises";
import { behaviour, expect, until } from "../../src/harness/index.js";
import { namespacesOf, nodeNamespace, onNodeKernel, type NamespaceKind } from "./namespaces.js";

const KINDS = ["net", "ipc", "uts", "mnt", "pid"] as const satisfies NamespaceKind[];

behaviour(
  "NSP-017",
  {
    title: "Every pod gets private namespaces and stop releases them",
    level: "required",
    rpcs: ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "ExecSync"],
    clause: "NamespaceMode: POD and CONTAINER mean namespaces that neither the node nor other pods are in",
    needs: ["node-root"],
  },
  async ({ runtime, notApplicable }) => {
    const first = await runtime.startContainer({ pod: {} });
    if (!(await onNodeKernel(first))) {
      notApplicable("pods have kernels of their own, whose namespaces have nothing to do with the node's", "handler");
    }
    const second = await runtime.startContainer({ pod: {} });
    const namespaces: string[] = [];
    const ofFirst = await namespacesOf(first, KINDS);
    const ofSecond = await namespacesOf(second, KINDS);
    for (const kind of KINDS) {
      const [one, other, node] = [ofFirst[kind], ofSecond[kind], await nodeNamespace(kind)];
      expect(one, `${kind} namespace of a pod`).to.not.be.oneOf([node, other]);
      expect(other, `${kind} namespace of another pod`).to.not.equal(node);
      if (one !== node) namespaces.push(one);
    }

    // The kernel gives the number of a namespace that is gone to the next one: only who held it before counts.
    const before = new Set(await holdersOf(namespaces));

    await runtime.rpc.stopPodSandbox({ podSandboxId: first.sandbox.id });
    await runtime.rpc.removePodSandbox({ podSandboxId: first.sandbox.id });

    let left: string[] = [];
    await until(
      "nothing on the node to hold the removed pod's namespaces",
      async () => {
        left = (await holdersOf(namespaces)).filter((holder) => before.has(holder));
        return left.length === 0;
      },
      { seen: () => left.join(", ") },
    );
  },
);

/** Processes of the node that are in one of the namespaces, and files that keep one. */
async function holdersOf(namespaces: readonly string[]): Promise<string[]> {
  return (await Promise.all([heldByProcesses(namespaces), heldByMounts(namespaces)])).flat();
}

/** Those of the namespaces that processes of the node are in. */
async function heldByProcesses(namespaces: readonly string[]): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const links = pids.flatMap((pid) =>
    KINDS.map(async (kind) => {
      const link = await readlink(`/proc/${pid}/ns/${kind}`).catch(() => ""); // the process may have ended
      return namespaces.includes(link) ? [`process ${pid} in ${link}`] : [];
    }),
  );
  return (await Promise.all(links)).flat();
}

/** Those of the namespaces that a file keeps alive, wherever the runtime keeps such files: mountinfo names them. */
async function heldByMounts(namespaces: readonly string[]): Promise<string[]> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.split(" "));
  return lines.flatMap(([, , , root = "", path = ""]) => (namespaces.includes(root) ? [`${path} is ${root}`] : []));
}
