import os from "node:os";
import { writeFile } from "node:fs/promises";
import {
  behaviour,
  expect,
  ContainerState,
  expectError,
  findInfo,
  parseInfo,
  sh,
  type Container,
} from "../../src/harness/index.js";
import { processStatus } from "./process.js";
import { confined, localhost, renameHost, RUNTIME_DEFAULT, UNCONFINED, writeProfile } from "./seccomp-profile.js";

const SYS_ADMIN = { capabilities: { addCapabilities: ["SYS_ADMIN"] } };
const NOT_PERMITTED = /Operation not permitted/;

behaviour(
  "SEC-023",
  {
    title: "seccomp unconfined disables filtering",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "SecurityProfile.profile_type: Unconfined means no confinement",
    needs: ["seccomp"],
    critest: "[k8s.io] Security Context SeccompProfilePath should support seccomp unconfined on the container",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer(confined(UNCONFINED));

    expect(await filterMode(container, "first"), "Seccomp of the first process").to.equal("0");
    expect(await filterMode(container, "exec"), "Seccomp of a process of ExecSync").to.equal("0");
  },
);

behaviour(
  "SEC-024",
  {
    title: "seccomp RuntimeDefault enables a filter with the expected effect",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "SecurityProfile.profile_type: RuntimeDefault means the runtime's own profile",
    needs: ["seccomp"],
    critest: "[k8s.io] Security Context SeccompProfilePath should support seccomp default on the container",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();

    const container = await sandbox.startContainer(confined(RUNTIME_DEFAULT));
    const capable = await sandbox.startContainer(confined(RUNTIME_DEFAULT, SYS_ADMIN));

    expect(await filterMode(container, "first"), "Seccomp of the first process").to.equal("2");
    expect(await filterMode(container, "exec"), "Seccomp of a process of ExecSync").to.equal("2");
    // A profile that kept processes from their work would be of no use.
    expect(await container.output(sh("echo a | cat > /tmp/f; (cat /tmp/f)")), "what a pipeline wrote").to.equal("a\n");
    expect(await reenterUserNamespace(container), "setns(2) without SYS_ADMIN").to.match(NOT_PERMITTED);
    expect(await reenterUserNamespace(capable), "setns(2) with SYS_ADMIN").to.match(/Invalid argument/);
  },
);

behaviour(
  "SEC-025",
  {
    title: "No seccomp message means unconfined",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.seccomp: absent means unconfined",
    needs: ["seccomp"],
    critest: "[k8s.io] Security Context SeccompProfilePath should support nil profile, which is unconfined",
  },
  async ({ runtime, probe, notApplicable }) => {
    // containerd's name for the profile that its administrator gives such containers.
    const configured = findInfo(parseInfo(probe.status.info), "unsetSeccompProfile");
    if (typeof configured === "string" && configured !== "") {
      notApplicable(`the runtime is configured to use the profile "${configured}" where none is asked for`, "options");
    }

    const container = await runtime.startContainer();

    expect(await filterMode(container, "first"), "Seccomp of the first process").to.equal("0");
    expect(await filterMode(container, "exec"), "Seccomp of a process of ExecSync").to.equal("0");
  },
);

behaviour(
  "SEC-026",
  {
    title: "seccomp Localhost loads the profile file",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "SecurityProfile.localhost_ref: with Localhost, absolute path of a seccomp profile",
    needs: ["node-files", "seccomp"],
    critest: [
      "[k8s.io] Security Context SeccompProfilePath should support seccomp localhost profile on the container",
      "[k8s.io] Security Context SeccompProfilePath runtime should support an seccomp profile that blocks setting hostname with SYS_ADMIN",
    ],
  },
  async ({ runtime, names, tempFolder }) => {
    const sandbox = await runtime.borrowSandbox();
    const noChmod = await writeProfile({ tempFolder }, "chmod", "fchmod", "fchmodat", "fchmodat2");
    const noRenaming = await writeProfile({ tempFolder }, "sethostname");

    const container = await sandbox.startContainer(confined(localhost(noChmod)));
    const capable = await sandbox.startContainer(confined(localhost(noRenaming), SYS_ADMIN));

    const chmod = await container.execSync(sh("echo a > /tmp/f && chmod 400 /tmp/f"));
    expect(chmod.stderr, "stderr of a chmod that the profile denies").to.match(NOT_PERMITTED);
    expect(await container.output(["cat", "/tmp/f"]), "content of a file that was written").to.equal("a\n");
    expect(await filterMode(container, "first"), "Seccomp of the first process").to.equal("2");
    expect(await renameHost(capable, names.next()), "sethostname(2) that the profile denies").to.match(NOT_PERMITTED);
  },
);

behaviour(
  "SEC-027",
  {
    title: "Unconfined seccomp with SYS_ADMIN allows sethostname",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "SecurityProfile.profile_type: Unconfined leaves the decision to the capabilities",
    needs: ["seccomp"],
    critest:
      "[k8s.io] Security Context SeccompProfilePath runtime should not block setting host name with unconfined seccomp and SYS_ADMIN",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer(confined(UNCONFINED, SYS_ADMIN));

    expect(await renameHost(container, "renamed-by-container"), "the host name after `hostname`").to.equal(
      "renamed-by-container",
    );
    expect(os.hostname(), "the host name of this machine").to.not.equal("renamed-by-container");
  },
);

behaviour(
  "SEC-028",
  {
    title: "Privileged ignores the seccomp profile",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.privileged: no seccomp confinement",
    needs: ["node-files", "seccomp"],
    critest:
      "[k8s.io] Security Context SeccompProfilePath runtime should ignore a seccomp profile that blocks setting hostname when privileged",
  },
  async ({ runtime, tempFolder }) => {
    const profile = await writeProfile({ tempFolder }, "sethostname");
    const container = await runtime.startContainer({
      pod: { linux: { securityContext: { privileged: true } } },
      ...confined(localhost(profile), { privileged: true }),
    });

    expect(await filterMode(container, "first"), "Seccomp of the first process").to.equal("0");
    expect(await renameHost(container, "renamed-by-container"), "the host name after `hostname`").to.equal(
      "renamed-by-container",
    );
  },
);

behaviour(
  "SEC-029",
  {
    title: "Missing or invalid Localhost seccomp profiles are errors",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "SecurityProfile.localhost_ref: with Localhost, absolute path of a seccomp profile",
    needs: ["node-files", "seccomp"],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const sandbox = await runtime.borrowSandbox();
    const folder = await tempFolder("seccomp");
    await writeFile(`${folder}/not-json`, "defaultAction: SCMP_ACT_ALLOW\n");
    const references = {
      "a missing file": `${folder}/missing.json`,
      "a file that is not JSON": `${folder}/not-json`,
      "a relative path": "missing/profile.json",
      "an empty reference": "",
    };

    for (const [what, reference] of Object.entries(references)) {
      const start = sandbox.startContainer(confined(localhost(reference)));
      const error = await expectError(start, "any", `CreateContainer and StartContainer with ${what}`);
      // Whoever reads the message has to find out what is wrong.
      if (error) expect(error.details, `message of the error for ${what}`).to.match(/seccomp|profile|not-json/i);
    }
    const { containers } = await rpc.listContainers({
      filter: { podSandboxId: sandbox.id, state: { state: ContainerState.CONTAINER_RUNNING } },
    });
    expect(
      containers.map(({ metadata }) => metadata?.name),
      "containers that run all the same",
    ).to.deep.equal([]);
  },
);

/** Seccomp of /proc/PID/status: 0 is no filter, 2 is a filter; see proc(5). */
async function filterMode(container: Container, process: "first" | "exec"): Promise<string> {
  return (await processStatus(container, process))["Seccomp"] ?? "not shown";
}

/**
 * Enters the user namespace that the process is in, which the kernel refuses as an invalid argument, and a profile that
 * keeps setns(2) from processes without CAP_SYS_ADMIN as not permitted: profiles of runtimes do that, in the manner of
 * Docker's. The call needs no capability, so only the profile can make the difference.
 */
async function reenterUserNamespace(container: Container): Promise<string> {
  const { exitCode, stderr } = await container.execSync(sh("exec nsenter -t $$ -U true"));
  return exitCode === 0 ? "succeeded" : stderr.trim();
}
