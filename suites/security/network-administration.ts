import type { Container, ExecResult } from "../../src/harness/index.js";

/** The MTU that `administerNetwork` sets; no loopback device has it by itself. */
export const CHANGED_MTU = 1_408;

/**
 * Changes the loopback device of the pod's own network namespace, which takes CAP_NET_ADMIN and no kernel module.
 * @returns what the command said, and the device's MTU afterwards
 */
export async function administerNetwork(container: Container): Promise<ExecResult & { mtu: number }> {
  const result = await container.execSync(["ip", "link", "set", "dev", "lo", "mtu", String(CHANGED_MTU)]);
  const shown = await container.output(["ip", "link", "show", "dev", "lo"]);
  return { ...result, mtu: Number(/ mtu (\d+)/.exec(shown)?.[1]) };
}
