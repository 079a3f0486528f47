import {
  behaviour,
  ContainerState,
  expect,
  SupplementalGroupsPolicy,
  type Container,
  type SpecContext,
} from "../../src/harness/index.js";
import { ascending, execIdentity, firstIdentity, SAYS_WHO, secured, type Identity } from "./process.js";

behaviour(
  "SEC-005",
  {
    title: "supplemental_groups are added to the first process",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.supplemental_groups: groups of the first process besides the primary one",
    critest: "[k8s.io] Security Context bucket runtime should support SupplementalGroups",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      command: SAYS_WHO,
      ...secured({ runAsUser: { value: 1000n }, supplementalGroups: [1234n, 5678n] }),
    });

    const first = await firstIdentity(container);
    const exec = await execIdentity(container);

    expect(first.groups, "groups of the first process").to.include.members([1234, 5678]);
    expect(exec.groups, "groups of a process of ExecSync").to.deep.equal(first.groups);
  },
);

behaviour(
  "SEC-006",
  {
    title: "SupplementalGroupsPolicy Merge adds the image groups of the user",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "LinuxContainerSecurityContext.supplemental_groups_policy: Merge adds the groups of the user in the image",
    critest:
      "[k8s.io] Security Context SupplementalGroupsPolicy when SupplementalGroupsPolicy=Merge (Default) if the container's primary UID belongs to some groups in the image, runtime should add SupplementalGroups to them",
  },
  async ({ runtime, probe }) => {
    const container = await runtime.startContainer({
      image: "predefined-group",
      command: SAYS_WHO,
      ...secured({
        runAsUser: { value: 1000n },
        supplementalGroups: [1234n],
        supplementalGroupsPolicy: SupplementalGroupsPolicy.Merge,
      }),
    });
    const merged = { uid: 1000, gid: 1000, groups: [1000, 1234, 50000] };

    expect(await firstIdentity(container), "identity of the first process").to.deep.equal(merged);
    expect(await execIdentity(container), "identity of a process of ExecSync").to.deep.equal(merged);
    await statusNames(container, merged, probe);
  },
);

behaviour(
  "SEC-007",
  {
    title: "SupplementalGroupsPolicy Strict ignores the image groups",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "LinuxContainerSecurityContext.supplemental_groups_policy: Strict gives the groups of the request only",
    needs: ["supplemental-groups-policy"],
    critest:
      "[k8s.io] Security Context SupplementalGroupsPolicy when SupplementalGroupsPolicy=Strict even if the container's primary UID belongs to some groups in the image, runtime should not add SupplementalGroups to them",
  },
  async ({ runtime, probe }) => {
    const container = await runtime.startContainer({
      image: "predefined-group",
      command: SAYS_WHO,
      ...secured({
        runAsUser: { value: 1000n },
        supplementalGroups: [1234n],
        supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
      }),
    });
    const strict = { uid: 1000, gid: 1000, groups: [1000, 1234] };

    expect(await firstIdentity(container), "identity of the first process").to.deep.equal(strict);
    expect(await execIdentity(container), "identity of a process of ExecSync").to.deep.equal(strict);
    await statusNames(container, strict, probe);
  },
);

behaviour(
  "SEC-009",
  {
    title: "A uid unknown to the image runs with gid 0 and without extra groups",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "LinuxContainerSecurityContext.run_as_user: the group is the user's in the image, and 0 for an unknown one",
  },
  async ({ runtime, probe }) => {
    const sandbox = await runtime.borrowSandbox();
    const start = (uid: bigint): Promise<Container> =>
      sandbox.startContainer({
        image: "predefined-group",
        command: SAYS_WHO,
        ...secured({ runAsUser: { value: uid } }),
      });

    const unknown = await start(34_567n);
    const known = await start(1000n);

    const unknownIdentity = { uid: 34_567, gid: 0, groups: [0] };
    expect(await firstIdentity(unknown), "identity with an unknown uid").to.deep.equal(unknownIdentity);
    const knownIdentity = { uid: 1000, gid: 1000, groups: [1000, 50000] };
    expect(await firstIdentity(known), "identity with a uid that the image knows").to.deep.equal(knownIdentity);
    await statusNames(unknown, unknownIdentity, probe);
    await unknown.stop();
    await statusNames(unknown, unknownIdentity, probe);
  },
);

behaviour(
  "SEC-042",
  {
    title: "A group of the image that has its user's name is one of the user's groups like any other",
    level: "recommended",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.supplemental_groups_policy: Merge adds the groups of the user in the image",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      image: "namesake-group",
      command: SAYS_WHO,
      ...secured({ runAsUser: { value: 1005n } }),
    });

    // A runtime that takes this group for the user's primary one, which is 1000, leaves it out.
    const member = { uid: 1005, gid: 1000, groups: [1000, 50005, 50006] };
    expect(await firstIdentity(container), "identity of the first process").to.deep.equal(member);
    expect(await execIdentity(container), "identity of a process of ExecSync").to.deep.equal(member);
  },
);

/** ContainerStatus.user names the identity, where the runtime says that it fills the field. */
async function statusNames(container: Container, identity: Identity, probe: SpecContext["probe"]): Promise<void> {
  if (!probe.status.features?.supplementalGroupsPolicy) return;
  const { state, user } = await container.status();
  const { uid, gid, groups } = identity;
  const subject = `ContainerStatus.user.linux of a container in ${ContainerState[state]}`;
  expect(user?.linux, subject).to.have.fields({ uid, gid });
  // The list may hold the primary group or leave it out.
  const listed = (user?.linux?.supplementalGroups ?? []).map(Number);
  expect(ascending([gid, ...listed]), `${subject}: primary and supplementary groups`).to.deep.equal(groups);
}
