import {
  behaviour,
  expect,
  expectError,
  SecurityProfile_ProfileType as ProfileType,
  type PodSandbox,
} from "../../src/harness/index.js";
import { asks, currentProfile, loadProfile } from "./apparmor-profile.js";
import { secured, type SecurityContext } from "./process.js";

const AREA = "[k8s.io] AppArmor runtime should";
const NEEDS = ["node-root", "apparmor"] as const;

/** The exit code of a container that creates a file and does nothing else. */
async function exitCodeOfWriting(sandbox: PodSandbox, securityContext: SecurityContext): Promise<number> {
  const container = await sandbox.startContainer({ command: ["touch", "/tmp/file"], ...secured(securityContext) });
  return (await container.exited()).exitCode;
}

behaviour(
  "SEC-031",
  {
    title: "AppArmor profile that is not loaded is refused",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "SecurityProfile.localhost_ref: name of a loaded AppArmor profile",
    needs: [...NEEDS],
    critest: [
      `${AREA} support deprecated apparmor_profile field should fail with an unloaded apparmor_profile`,
      `${AREA} support apparmor field should fail with an unloaded apparmor_profile`,
      `${AREA} prefer new apparmor field should fail with an unloaded apparmor_profile`,
    ],
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.borrowSandbox();
    const profile = names.next();
    const requests = {
      apparmor: asks.apparmor(profile),
      apparmor_profile: asks.apparmor_profile(profile),
      "both fields": { ...asks.apparmor(profile), ...asks.apparmor_profile(profile) },
    };

    for (const [how, request] of Object.entries(requests)) {
      const start = sandbox.startContainer(secured(request));
      await expectError(start, "any", `CreateContainer and StartContainer with an unknown profile in ${how}`);
    }
  },
);

behaviour(
  "SEC-032",
  {
    title: "AppArmor profile that denies writes is enforced",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "LinuxContainerSecurityContext.apparmor: the profile confines the container's processes",
    needs: [...NEEDS],
    critest: [
      `${AREA} support deprecated apparmor_profile field should enforce a apparmor_profile blocking writes`,
      `${AREA} support apparmor field should enforce a apparmor_profile blocking writes`,
      `${AREA} prefer new apparmor field should enforce a apparmor_profile blocking writes`,
    ],
  },
  async (context) => {
    const profile = await loadProfile(context, "deny-writes");
    const sandbox = await context.runtime.borrowSandbox();

    for (const [field, ask] of Object.entries(asks)) {
      const exitCode = await exitCodeOfWriting(sandbox, ask(profile));
      expect(exitCode, `exit code of touch with a profile in ${field} that denies writes`).to.not.equal(0);
    }
    const control = await exitCodeOfWriting(sandbox, {
      apparmor: { profileType: ProfileType.Unconfined, localhostRef: "" },
    });
    expect(control, "exit code of touch without confinement").to.equal(0);
  },
);

behaviour(
  "SEC-033",
  {
    title: "Permissive AppArmor profile allows writes",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "LinuxContainerSecurityContext.apparmor: a profile in complain mode forbids nothing",
    needs: [...NEEDS],
    critest: [
      `${AREA} support deprecated apparmor_profile field should enforce a permissive deprecated profile`,
      `${AREA} support apparmor field should enforce a permissive deprecated profile`,
    ],
  },
  async (context) => {
    const profile = await loadProfile(context, "permissive");
    const sandbox = await context.runtime.borrowSandbox();

    for (const [field, ask] of Object.entries(asks)) {
      const exitCode = await exitCodeOfWriting(sandbox, ask(profile));
      expect(exitCode, `exit code of touch with a permissive profile in ${field}`).to.equal(0);
      const container = await sandbox.startContainer(secured(ask(profile)));
      expect(await currentProfile(container), "profile of the first process").to.equal(`${profile} (complain)`);
    }
  },
);

behaviour(
  "SEC-034",
  {
    title: "The new AppArmor field wins over the deprecated string",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.apparmor_profile: replaced by apparmor, which wins",
    needs: [...NEEDS],
    critest: `${AREA} prefer new apparmor field should work with apparmor profile`,
  },
  async (context) => {
    const deny = await loadProfile(context, "deny-writes");
    const permissive = await loadProfile(context, "permissive");
    const sandbox = await context.runtime.borrowSandbox();
    const allowing = { ...asks.apparmor_profile(deny), ...asks.apparmor(permissive) };
    const denying = { ...asks.apparmor_profile(permissive), ...asks.apparmor(deny) };

    expect(await exitCodeOfWriting(sandbox, allowing), "exit code of touch when apparmor allows it").to.equal(0);
    expect(await exitCodeOfWriting(sandbox, denying), "exit code of touch when apparmor denies it").to.not.equal(0);
    const container = await sandbox.startContainer(secured(allowing));
    expect(await currentProfile(container), "profile of the first process").to.equal(`${permissive} (complain)`);
  },
);

behaviour(
  "SEC-035",
  {
    title: "AppArmor Unconfined and RuntimeDefault are honoured",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "SecurityProfile.profile_type: RuntimeDefault is the runtime's own profile, Unconfined is none",
    needs: [...NEEDS],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const own = { apparmor: { profileType: ProfileType.RuntimeDefault, localhostRef: "" } };
    const none = { apparmor: { profileType: ProfileType.Unconfined, localhostRef: "" } };

    const confined = await sandbox.startContainer(secured(own));
    const unconfined = await sandbox.startContainer(secured(none));
    const privileged = await runtime.startContainer({
      pod: { linux: { securityContext: { privileged: true } } },
      ...secured({ ...own, privileged: true }),
    });

    expect(await currentProfile(confined), "profile with RuntimeDefault").to.match(/^\S+ \(enforce\)$/);
    expect(await currentProfile(unconfined), "profile with Unconfined").to.equal("unconfined");
    expect(await currentProfile(privileged), "profile with privileged and RuntimeDefault").to.equal("unconfined");
  },
);
