import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import {
  behaviour,
  expect,
  findInfo,
  hostPid,
  parseInfo,
  PodSandboxState,
  processAgeMs,
  until,
  type PodSandbox,
  type RuntimeClient,
} from "../../src/harness/index.js";
import { idsOf, listedSandboxes } from "./listed.js";

behaviour(
  "SBX-020",
  {
    title: "Killing the sandbox process turns the sandbox NOTREADY and it stays removable",
    level: "recommended",
    rpcs: ["PodSandboxStatus", "StopPodSandbox", "RemovePodSandbox"],
    clause: "PodSandboxStatus.state: NOTREADY once the sandbox has ended, so that the kubelet recreates it",
    needs: ["node-root"],
  },
  async ({ runtime, notApplicable }) => {
    const { sandbox, pid } = await runWithProcess(runtime);
    if (pid === undefined) return notApplicable("PodSandboxStatus names no process that was started for the sandbox");

    process.kill(pid, "SIGKILL");

    // The kubelet relists every second and tolerates three minutes without a working runtime; half a minute is slow.
    await until(
      "PodSandboxStatus.state to be SANDBOX_NOTREADY",
      async () => (await sandbox.status()).state === PodSandboxState.SANDBOX_NOTREADY,
      { timeoutMs: 30_000, seen: () => "SANDBOX_READY" },
    );
    await sandbox.stop();
    await sandbox.remove();
  },
);

behaviour(
  "SBX-021",
  {
    title: "Sandbox whose network namespace was removed behind its back can still be cleaned up",
    level: "recommended",
    rpcs: ["StopPodSandbox", "RemovePodSandbox"],
    clause: "StopPodSandbox, RemovePodSandbox: what is gone already is no reason to fail",
    needs: ["node-mounts"],
  },
  async ({ runtime, rpc, notApplicable }) => {
    const { sandbox, pid } = await runWithProcess(runtime);
    const namespace = await networkNamespace(sandbox);
    if (namespace === undefined) return notApplicable("PodSandboxStatus names no file of the network namespace");

    await promisify(execFile)("umount", [namespace]);
    await rm(namespace);
    if (pid !== undefined) process.kill(pid, "SIGKILL");

    await rpc.stopPodSandbox({ podSandboxId: sandbox.id }, { timeoutMs: 30_000 });
    await rpc.removePodSandbox({ podSandboxId: sandbox.id }, { timeoutMs: 30_000 });
    expect(idsOf(await listedSandboxes(rpc, { id: sandbox.id })), "sandboxes listed by its id").to.be.empty;
  },
);

/**
 * A sandbox and its own process. The process counts only if it was started while RunPodSandbox was under way: the
 * suite is going to kill it, and a number from another PID namespace may mean anything.
 */
async function runWithProcess(runtime: RuntimeClient): Promise<{ sandbox: PodSandbox; pid: number | undefined }> {
  const startedMs = performance.now();
  const sandbox = await runtime.runSandbox();
  const { info } = await sandbox.statusResponse(true);
  const pid = await hostPid(info);
  const ageMs = pid === undefined ? undefined : await processAgeMs(pid);
  // Start times are known to a hundredth of a second.
  const isOurs = ageMs !== undefined && ageMs <= performance.now() - startedMs + 20;
  return { sandbox, pid: isOurs ? pid : undefined };
}

/** The mounted file of the sandbox's network namespace, as the OCI configuration in its verbose info names it. */
async function networkNamespace(sandbox: PodSandbox): Promise<string | undefined> {
  const { info } = await sandbox.statusResponse(true);
  const namespaces = findInfo(findInfo(parseInfo(info), "runtimeSpec"), "namespaces");
  if (!Array.isArray(namespaces)) return undefined;
  const network = (namespaces as { type?: string; path?: string }[]).find(({ type }) => type === "network");
  return network?.path && !network.path.startsWith("/proc/") ? network.path : undefined;
}
