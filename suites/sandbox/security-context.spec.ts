import { readFile } from "node:fs/promises";
import {
  behaviour,
  expect,
  expectError,
  hostPid,
  processMounts,
  SecurityProfile_ProfileType,
  sh,
  SupplementalGroupsPolicy,
  type Container,
  type PodSandbox,
} from "../../src/harness/index.js";
import { onNodeKernel } from "../namespace/namespaces.js";
import { parseStatus, secured } from "../security/process.js";
import { localhost, renameHost, writeProfile } from "../security/seccomp-profile.js";

behaviour(
  "SBX-027",
  {
    title: "A sandbox takes a security context, and its containers take nothing from it",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "PodSandboxStatus"],
    clause: "LinuxSandboxSecurityContext: for the sandbox's own process, if it has one; not for the pod's containers",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({
      linux: {
        securityContext: {
          runAsUser: { value: 1234n },
          runAsGroup: { value: 2345n },
          supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
          readonlyRootfs: true,
          seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
        },
      },
    });
    const container = await sandbox.startContainer();

    const [uid, gid] = (await container.output(sh("id -u; id -g"))).split("\n");

    expect({ uid, gid }, "user and group of the container").to.deep.equal({ uid: "0", gid: "0" });
    expect(await container.output(sh("echo written > /file; cat /file")), "a file that the container wrote").to.equal(
      "written\n",
    );
    const own = await ownProcess(sandbox, container);
    if (!own) return;
    const subject = (what: string) => `${what} of the sandbox's own process`;
    expect(own.users, subject("user ids")).to.deep.equal(Array(4).fill(1234));
    expect(own.primaryGroups, subject("group ids")).to.deep.equal(Array(4).fill(2345));
    expect(own.isRootReadOnly, subject("read-only root file system")).to.equal(true);
    expect(own.seccompMode, subject("Seccomp")).to.be.oneOf(["2", undefined]); // a filter; undefined: none in this kernel
  },
);

behaviour(
  "SBX-028",
  {
    title: "Supplemental groups of a sandbox are those of its own process, and not of its containers",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "PodSandboxStatus"],
    clause: "LinuxSandboxSecurityContext.supplemental_groups: of the sandbox's own process, if it has one",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({ linux: { securityContext: { supplementalGroups: [3456n] } } });
    const container = await sandbox.startContainer();

    const groups = await container.output(["id", "-G"]);

    expect(groups.trim().split(" "), "groups of the container").to.not.include("3456");
    const own = await ownProcess(sandbox, container);
    if (own) expect(own.groups, "groups of the sandbox's own process").to.include(3456);
  },
);

behaviour(
  "SBX-029",
  {
    title: "Supplemental groups of a sandbox are kept beside its user",
    level: "recommended",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause:
      "LinuxSandboxSecurityContext.supplemental_groups: in addition to the group of run_as_user, as the kubelet sends them",
  },
  async ({ runtime, notApplicable }) => {
    const sandbox = await runtime.runSandbox({
      linux: { securityContext: { runAsUser: { value: 1234n }, supplementalGroups: [3456n] } },
    });

    const own = await ownProcess(sandbox, await sandbox.startContainer());

    if (!own) return notApplicable("the sandbox has no process of its own on this node, or the runtime names none");
    expect(own.users, "user ids of the sandbox's own process").to.deep.equal(Array(4).fill(1234));
    expect(own.groups, "groups of the sandbox's own process").to.include(3456);
  },
);

behaviour(
  "SBX-030",
  {
    title: "A sandbox's seccomp profile is the one in the file that it names",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause: "LinuxSandboxSecurityContext.seccomp, SecurityProfile.localhost_ref: with Localhost, path of the profile",
    needs: ["node-files", "seccomp"],
  },
  async (context) => {
    const run = (seccomp: ReturnType<typeof localhost>) =>
      context.runtime.runSandbox({ linux: { securityContext: { seccomp } } });
    const profile = await writeProfile(context, "sethostname");
    const sandbox = await run(localhost(profile));
    const container = await sandbox.startContainer(secured({ capabilities: { addCapabilities: ["SYS_ADMIN"] } }));

    await expectError(run(localhost(`${profile}.missing`)), "any", "RunPodSandbox with a profile that does not exist");
    expect(await renameHost(container, "renamed"), "the host name after `hostname` in a container").to.equal("renamed");
    const own = await ownProcess(sandbox, container);
    if (own) expect(own.seccompMode, "Seccomp of the sandbox's own process").to.equal("2");
  },
);

/**
 * What the process that keeps the sandbox is like on the node.
 * @returns undefined where there is none, the runtime names none, or it is the monitor of a kernel of the pod's own
 */
async function ownProcess(sandbox: PodSandbox, container: Container) {
  const pid = await hostPid((await sandbox.statusResponse(true)).info);
  if (pid === undefined || !(await onNodeKernel(container))) return undefined;
  const [text, mounts] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), processMounts(pid)]);
  const status = parseStatus(text);
  const numbers = (field: string): number[] => (status[field] ?? "").split(/\s+/).filter(Boolean).map(Number);
  return {
    users: numbers("Uid"),
    primaryGroups: numbers("Gid"),
    groups: numbers("Groups"),
    isRootReadOnly: mounts.find(({ path }) => path === "/")?.readOnly,
    seccompMode: status["Seccomp"],
  };
}
