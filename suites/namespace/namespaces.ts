import { readFile, readlink } from "node:fs/promises";
import { sh, type Container, type NamespaceMode } from "../../src/harness/index.js";

/** Kinds of namespaces, as named in /proc/PID/ns. */
export type NamespaceKind = "ipc" | "mnt" | "net" | "pid" | "user" | "uts";

/** The namespace of a container's processes, as `KIND:[NUMBER]`. */
export async function namespaceOf(container: Container, kind: NamespaceKind): Promise<string> {
  return (await container.output(["readlink", `/proc/self/ns/${kind}`])).trim();
}

/** The namespaces of a container's processes by kind, read by one command. */
export async function namespacesOf<Kind extends NamespaceKind>(
  container: Container,
  kinds: readonly Kind[],
): Promise<Record<Kind, string>> {
  const links = await container.output(sh(kinds.map((kind) => `readlink /proc/self/ns/${kind}`).join(" && ")));
  const lines = links.split("\n");
  return Object.fromEntries(kinds.map((kind, index) => [kind, lines[index]])) as Record<Kind, string>;
}

/** The node's namespace: the suite runs in it, as the runtime does, where it has the feature `node-root`. */
export function nodeNamespace(kind: NamespaceKind): Promise<string> {
  return readlink(`/proc/self/ns/${kind}`);
}

/**
 * Whether the container runs on the node's kernel, so that the numbers of their namespaces can be compared: a virtual
 * machine or a kernel in user space counts from the start.
 */
export async function onNodeKernel(container: Container): Promise<boolean> {
  const bootId = "/proc/sys/kernel/random/boot_id"; // random for each start of a kernel; see random(4)
  const [inside, node] = await Promise.all([
    container.output(sh(`cat ${bootId} 2> /dev/null || true`)),
    readFile(bootId, "utf8"),
  ]);
  return inside === node;
}

interface Modes {
  network?: NamespaceMode;
  pid?: NamespaceMode;
  ipc?: NamespaceMode;
  targetId?: string;
}

/** Options of a pod, or of a container, with other namespaces than the kubelet's usual ones. */
export const withNamespaces = (
  namespaceOptions: Modes,
): { linux: { securityContext: { namespaceOptions: Modes } } } => ({
  linux: { securityContext: { namespaceOptions } },
});
