import { IDLE, readMainProcess, sh, type Container, type ContainerOptions } from "../../src/harness/index.js";

/** A security context in its plain form. */
export type SecurityContext = Exclude<
  NonNullable<NonNullable<ContainerOptions["linux"]>["securityContext"]>,
  { $typeName: string }
>;

/** Options of a container with this security context. */
export const secured = (securityContext: SecurityContext): Pick<ContainerOptions, "linux"> => ({
  linux: { securityContext },
});

/** Who a process is. */
export interface Identity {
  uid: number;
  /** Primary group. */
  gid: number;
  /** The primary and all supplementary groups, each once, in ascending order. */
  groups: number[];
}

const WHO = "id -u; id -g; id -G";

/** Command of a container whose first process leaves its identity for `firstIdentity`. */
export const SAYS_WHO = sh(`(${WHO}) > /tmp/who.new; mv /tmp/who.new /tmp/who; ${IDLE[2] ?? ""}`);

/** The identity of the first process of a container that runs SAYS_WHO. */
export async function firstIdentity(container: Container): Promise<Identity> {
  return identity(await container.output(sh("until [ -f /tmp/who ]; do sleep 0.01; done; cat /tmp/who")));
}

/** The identity of a process that ExecSync starts. */
export async function execIdentity(container: Container): Promise<Identity> {
  return identity(await container.output(sh(WHO)));
}

function identity(text: string): Identity {
  const [uid, gid, groups = ""] = text.split("\n");
  return { uid: Number(uid), gid: Number(gid), groups: ascending(groups.trim().split(/\s+/).map(Number)) };
}

/** The numbers, each once, in ascending order. */
export const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);

/**
 * The fields of /proc/PID/status by name: of the container's first process, or of the one that reads it.
 * The container has a PID namespace of its own, so that its first process is number 1.
 */
export async function processStatus(
  container: Container,
  process: "first" | "exec" = "first",
): Promise<Record<string, string>> {
  return parseStatus(
    process === "first"
      ? await readMainProcess(container, "status")
      : await container.output(["cat", "/proc/self/status"]),
  );
}

/** The fields of a /proc/PID/status by name. */
export function parseStatus(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):[\t ]*(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}
