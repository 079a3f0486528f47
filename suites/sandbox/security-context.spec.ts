import {
  behaviour,
  expect,
  SecurityProfile_ProfileType,
  sh,
  SupplementalGroupsPolicy,
} from "../../src/harness/index.js";

behaviour(
  "SBX-027",
  {
    title: "A sandbox takes a security context, and its containers take nothing from it",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer"],
    clause: "LinuxSandboxSecurityContext: for the sandbox's own process, if it has one; not for the pod's containers",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({
      linux: {
        securityContext: {
          runAsUser: { value: 1234n },
          runAsGroup: { value: 2345n },
          supplementalGroups: [3456n],
          supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
          readonlyRootfs: true,
          seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
        },
      },
    });
    const container = await sandbox.startContainer();

    const [uid, gid, groups = ""] = (await container.output(sh("id -u; id -g; id -G"))).split("\n");

    expect({ uid, gid }, "user and group of the container").to.deep.equal({ uid: "0", gid: "0" });
    expect(groups.trim().split(" "), "groups of the container").to.not.include("3456");
    expect(await container.output(sh("echo written > /file; cat /file")), "a file that the container wrote").to.equal(
      "written\n",
    );
  },
);
