import {
  answerOf,
  behaviour,
  expect,
  RpcError,
  sh,
  type Container,
  type ContainerOptions,
} from "../../src/harness/index.js";
import { capabilitySets, ownCapabilities } from "./capability-sets.js";
import { administerNetwork, CHANGED_MTU } from "./network-administration.js";
import { execIdentity, secured } from "./process.js";

const adding = (...names: string[]): Pick<ContainerOptions, "linux"> =>
  secured({ capabilities: { addCapabilities: names } });
const dropping = (...names: string[]): Pick<ContainerOptions, "linux"> =>
  secured({ capabilities: { dropCapabilities: names } });

behaviour(
  "SEC-014",
  {
    title: "A capability can be added",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "Capability.add_capabilities: added to those that the runtime gives by default",
    critest: "[k8s.io] Security Context bucket runtime should support adding capability",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer(adding("NET_ADMIN"));

    const { effective, permitted, bounding, ambient } = await capabilitySets(container);
    expect(effective, "effective capabilities").to.include("NET_ADMIN");
    expect(permitted, "permitted capabilities").to.include("NET_ADMIN");
    expect(bounding, "bounding capabilities").to.include("NET_ADMIN");
    expect(ambient, "ambient capabilities").to.deep.equal([]);
    expect(await administerNetwork(container), "`ip link set dev lo mtu`").to.have.fields({
      exitCode: 0,
      mtu: CHANGED_MTU,
    });
  },
);

behaviour(
  "SEC-015",
  {
    title: "A default capability can be dropped",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "Capability.drop_capabilities: taken from those that the runtime gives by default",
    critest: "[k8s.io] Security Context bucket runtime should support dropping capability",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const usual = await capabilitySets(await sandbox.startContainer());
    const container = await sandbox.startContainer(dropping("NET_RAW"));

    const expected = usual.bounding.filter((name) => name !== "NET_RAW");
    const { effective, permitted, bounding } = await capabilitySets(container);
    expect(effective, "effective capabilities").to.deep.equal(expected);
    expect(permitted, "permitted capabilities").to.deep.equal(expected);
    expect(bounding, "bounding capabilities").to.deep.equal(expected);

    // Where the runtime lets the container's group open ICMP sockets, ping needs no raw one.
    const [first, last] = (
      await container.output(sh("cat /proc/sys/net/ipv4/ping_group_range 2> /dev/null || echo 1 0"))
    ).split(/\s+/);
    const { groups } = await execIdentity(container);
    if (groups.some((group) => group >= Number(first) && group <= Number(last))) return;
    const ping = await container.execSync(["ping", "-c", "1", "-W", "1", "127.0.0.1"]);
    expect(ping.exitCode, "exit code of ping").to.not.equal(0);
    expect(ping.stderr, "stderr of ping").to.match(/not permitted|denied/i);
  },
);

behaviour(
  "SEC-016",
  {
    title: "ALL adds or drops every capability",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "Capability: ALL in add_capabilities or drop_capabilities stands for every capability",
    critest: [
      "[k8s.io] Security Context bucket runtime should support adding ALL capabilities",
      "[k8s.io] Security Context bucket runtime should support dropping ALL capabilities",
    ],
  },
  async ({ runtime, probe }) => {
    const sandbox = await runtime.borrowSandbox();

    const mighty = await sandbox.startContainer(adding("ALL"));
    const all = await capabilitySets(mighty);
    const none = await capabilitySets(await sandbox.startContainer(dropping("ALL")));
    const one = await capabilitySets(
      await sandbox.startContainer(
        secured({ capabilities: { dropCapabilities: ["ALL"], addCapabilities: ["CHOWN"] } }),
      ),
    );

    // What the suite has as root of the node is at most what the runtime can give.
    const own = probe.local && probe.host.root ? await ownCapabilities(mighty) : ["NET_ADMIN", "SYS_ADMIN"];
    for (const set of ["effective", "permitted", "bounding"] as const) {
      expect(all[set], `${set} capabilities with ALL added`).to.include.members(own);
    }
    const empty = { effective: [], permitted: [], bounding: [], inheritable: [], ambient: [] };
    expect(none, "capabilities with ALL dropped").to.have.fields(empty);
    expect(one, "capabilities with ALL dropped and CHOWN added").to.have.fields({
      effective: ["CHOWN"],
      permitted: ["CHOWN"],
      bounding: ["CHOWN"],
    });
  },
);

behaviour(
  "SEC-017",
  {
    title: "Capabilities are named without CAP_, and any other name gives nothing that was not asked for",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Capability.add_capabilities: names as in NET_ADMIN",
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const usual = (await capabilitySets(await sandbox.startContainer())).effective;

    const named = (await capabilitySets(await sandbox.startContainer(adding("NET_ADMIN")))).effective;
    expect(named, "effective capabilities with NET_ADMIN added").to.have.members([...usual, "NET_ADMIN"]);

    // The contract leaves other spellings and unknown names open: the same capability, an error or nothing.
    for (const name of ["CAP_NET_ADMIN", "net_admin", "NO_SUCH_CAP"]) {
      const answer = await answerOf(sandbox.startContainer(adding(name)));
      if (answer instanceof RpcError) {
        note(`${name} is refused`);
        continue;
      }
      const { effective } = await capabilitySets(answer);
      const gained = effective.filter((capability) => !usual.includes(capability));
      note(`${name} adds ${gained.join(" ") || "nothing"}`);
      const permitted = name === "NO_SUCH_CAP" ? [] : ["NET_ADMIN"];
      const surplus = gained.filter((capability) => !permitted.includes(capability));
      expect(surplus, `capabilities that ${name} gives although they were not asked for`).to.deep.equal([]);
      expect(effective, `effective capabilities with ${name} added`).to.include.members(usual);
    }
  },
);

behaviour(
  "SEC-018",
  {
    title: "The default capability set is restricted, inheritable and ambient sets are empty",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause:
      "LinuxContainerSecurityContext.capabilities: absent means the runtime's own, which are not root's of the node",
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const root = await sandbox.startContainer();
    const user = await sandbox.startContainer(secured({ runAsUser: { value: 1000n } }));

    const usual = await capabilitySets(root);
    note(`default capabilities: ${usual.effective.join(" ")}`);
    expect(usual.effective, "effective capabilities of root").to.not.deep.equal([]);
    // A process that holds one of these is in charge of the node, of its network or of other processes.
    const powerful = ["NET_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_ADMIN"];
    const held = usual.effective.filter((name) => powerful.includes(name));
    expect(held, "powerful capabilities among the effective ones of root").to.deep.equal([]);
    const { effective } = usual;
    const expected = { permitted: effective, bounding: effective, inheritable: [], ambient: [] };
    expect(usual, "capabilities of root").to.have.fields(expected);
    expect(await capabilitySets(root, "exec"), "capabilities of a process of ExecSync").to.have.fields(usual);
    expect(await capabilitySets(user), "capabilities of uid 1000").to.have.fields({
      effective: [],
      permitted: [],
      bounding: effective,
      inheritable: [],
      ambient: [],
    });
  },
);

behaviour(
  "SEC-019",
  {
    title: "Ambient capabilities reach non-root processes",
    level: "optional",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "Capability.add_ambient_capabilities: kept by processes that do not run as root",
  },
  async ({ runtime }) => {
    // Runtimes may let anybody use low ports; the kernel's own bound makes the capability count.
    const sandbox = await runtime.runSandbox({
      linux: { sysctls: { "net.ipv4.ip_unprivileged_port_start": "1024" } },
    });
    const runAsUser = { value: 1000n };
    const without = await sandbox.startContainer(secured({ runAsUser }));
    const container = await sandbox.startContainer(
      secured({ runAsUser, capabilities: { addAmbientCapabilities: ["NET_BIND_SERVICE"] } }),
    );

    const sets = await capabilitySets(container);
    for (const [set, names] of Object.entries(sets) as [string, string[]][]) {
      expect(names, `${set} capabilities`).to.include("NET_BIND_SERVICE");
    }
    expect(await listenOnPort80(without), "exit code of a server on port 80 without the capability").to.not.equal(0);
    expect(await listenOnPort80(container), "exit code of a server on port 80").to.equal(0);
  },
);

/** Starts a web server, which goes into the background as soon as it listens. */
async function listenOnPort80(container: Container): Promise<number> {
  return (await container.execSync(sh("httpd -p 127.0.0.1:80 -h /tmp > /dev/null 2>&1"))).exitCode;
}
