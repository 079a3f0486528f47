import {
  behaviour,
  ContainerState,
  expect,
  expectError,
  type Container,
  type CriRpc,
} from "../../src/harness/index.js";
import { execIdentity, firstIdentity, SAYS_WHO, secured } from "./process.js";

behaviour(
  "SEC-001",
  {
    title: "run_as_user sets the numeric uid",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.run_as_user: uid of the container's processes",
    critest: "[k8s.io] Security Context bucket runtime should support RunAsUser",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      command: SAYS_WHO,
      ...secured({ runAsUser: { value: 1001n } }),
    });

    expect(await firstIdentity(container), "identity of the first process").to.have.fields({ uid: 1001 });
    expect(await execIdentity(container), "identity of a process of ExecSync").to.have.fields({ uid: 1001 });
  },
);

behaviour(
  "SEC-002",
  {
    title: "run_as_username is resolved through /etc/passwd of the image",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.run_as_username: looked up in the image; an unknown name is an error",
    critest: "[k8s.io] Security Context bucket runtime should support RunAsUserName",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.startContainer({ command: SAYS_WHO, ...secured({ runAsUsername: "nobody" }) });
    const nobody = await passwdEntry(container, "nobody");

    expect(await firstIdentity(container), "identity of the first process").to.have.fields(nobody);
    expect((await container.output(["id", "-nu"])).trim(), "user name of a process of ExecSync").to.equal("nobody");
    await expectError(
      sandbox.startContainer(secured({ runAsUsername: "no-such-user" })),
      "any",
      "CreateContainer and StartContainer with a run_as_username that the image does not know",
    );
    expect(await otherContainersRunning(rpc, container), "running containers beside the first").to.deep.equal([]);
  },
);

behaviour(
  "SEC-003",
  {
    title: "run_as_group sets the primary gid",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.run_as_group: primary group, with run_as_user or run_as_username",
    critest: "[k8s.io] Security Context bucket runtime should support RunAsGroup",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const runAsGroup = { value: 1002n };

    const byId = await sandbox.startContainer({
      command: SAYS_WHO,
      ...secured({ runAsUser: { value: 1001n }, runAsGroup }),
    });
    const byName = await sandbox.startContainer({
      command: SAYS_WHO,
      ...secured({ runAsUsername: "nobody", runAsGroup }),
    });

    expect(await firstIdentity(byId), "identity with run_as_user 1001").to.have.fields({ uid: 1001, gid: 1002 });
    expect(await execIdentity(byId), "identity of a process of ExecSync").to.have.fields({ uid: 1001, gid: 1002 });
    const { uid } = await passwdEntry(byName, "nobody");
    expect(await firstIdentity(byName), 'identity with run_as_username "nobody"').to.have.fields({ uid, gid: 1002 });
  },
);

behaviour(
  "SEC-004",
  {
    title: "run_as_group without any user is refused",
    level: "required",
    rpcs: ["CreateContainer", "RunPodSandbox", "ListContainers"],
    clause: "LinuxContainerSecurityContext.run_as_group: only together with a user; CreateContainer fails otherwise",
    critest: "[k8s.io] Security Context bucket runtime should return error if RunAsGroup is set without RunAsUser",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();

    await expectError(
      sandbox.createContainer(secured({ runAsGroup: { value: 1002n } })),
      "any",
      "CreateContainer with run_as_group alone",
    );

    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(
      containers.map(({ id }) => id),
      "containers that it left",
    ).to.deep.equal([]);
    await expectError(
      runtime.runSandbox({ linux: { securityContext: { runAsGroup: { value: 1002n } } } }),
      "any",
      "RunPodSandbox with run_as_group alone",
    );
  },
);

behaviour(
  "SEC-008",
  {
    title: "The image USER applies when no user is requested",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.run_as_user: absent means run_as_username, and else the image's USER",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox();
    const start = (image: string, uid?: number): Promise<Container> =>
      sandbox.startContainer({
        image,
        command: SAYS_WHO,
        ...(uid !== undefined && secured({ runAsUser: { value: BigInt(uid) } })),
      });

    const byUid = await start("user-uid");
    const { gid = 0 } = await passwdEntry(byUid, "1002");
    expect(await firstIdentity(byUid), "identity with USER 1002").to.have.fields({ uid: 1002, gid });
    const byName = await start("user-name");
    const wwwData = await passwdEntry(byName, "www-data");
    expect(await firstIdentity(byName), "identity with USER www-data").to.have.fields(wwwData);
    const byUidAndGroup = await start("user-uid-group");
    const users = await groupId(byUidAndGroup, "users");
    const identity = { uid: 1003, gid: users };
    expect(await firstIdentity(byUidAndGroup), "identity with USER 1003:users").to.have.fields(identity);
    const byNames = await start("user-name-group");
    const both = { uid: wwwData.uid, gid: await groupId(byNames, "www-data") };
    expect(await firstIdentity(byNames), "identity with USER www-data:www-data").to.have.fields(both);

    for (const uid of [0, 4242]) {
      const container = await start("user-uid-group", uid);
      expect(await firstIdentity(container), `identity with run_as_user ${uid}, USER 1003:users`).to.have.fields({
        uid,
      });
    }
  },
);

/** What the container's /etc/passwd says of a user by name or uid; no fields where it does not know the user. */
async function passwdEntry(container: Container, user: string): Promise<{ uid?: number; gid?: number }> {
  const entry = await accountEntry(container, "/etc/passwd", user);
  return entry ? { uid: Number(entry[2]), gid: Number(entry[3]) } : {};
}

async function groupId(container: Container, name: string): Promise<number> {
  const entry = await accountEntry(container, "/etc/group", name);
  return Number(entry?.[2]);
}

async function accountEntry(container: Container, file: string, key: string): Promise<string[] | undefined> {
  const entries = (await container.output(["cat", file])).split("\n").map((line) => line.split(":"));
  return entries.find(([name, , id]) => name === key || id === key);
}

async function otherContainersRunning(rpc: CriRpc, { id, sandbox }: Container): Promise<string[]> {
  const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
  return containers
    .filter((other) => other.id !== id && other.state === ContainerState.CONTAINER_RUNNING)
    .map((other) => other.id);
}
