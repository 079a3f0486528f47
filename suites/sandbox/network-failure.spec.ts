import { access, readdir, readFile } from "node:fs/promises";
import {
  behaviour,
  CniFolder,
  expect,
  expectError,
  PodSandboxState,
  until,
  type CniNetwork,
  type CriRpc,
} from "../../src/harness/index.js";
import { requireNoOthers } from "../runtime/others.js";
import { idsOf, listedSandboxes } from "./listed.js";

/** Fails ADD, because there is no such sysctl to set, and has nothing to do at DEL. */
const FAILING_PLUGIN = { type: "tuning", sysctl: { "net.ipv4.no_such_key": "1" } };

behaviour(
  "SBX-019",
  {
    title: "Network setup failure fails RunPodSandbox without leaking an address or a namespace",
    level: "recommended",
    rpcs: ["RunPodSandbox", "ListPodSandbox", "Status"],
    clause: "RunPodSandbox: a pod without its network is no pod; what was set up until the failure is taken back",
    needs: ["node-root", "no-other-pods"],
    locks: ["whole-node"],
    tags: ["exclusive"],
  },
  async (context) => {
    const { runtime, rpc, names, probe, defer, notApplicable } = context;
    const folder = await CniFolder.of(probe.status.info);
    if (!(await hasProgram(folder.pluginFolders, FAILING_PLUGIN.type)))
      return notApplicable(`the CNI plugin "${FAILING_PLUGIN.type}" is not installed`, "configuration");
    const network = await folder.network();
    const marker = names.next();
    const pod = names.next();
    const config = await runtime.podConfig({ labels: { pod } });
    const held = async () => ({ addresses: await addresses(network), namespaces: await namespaceMounts() });
    const before = await held();
    await requireNoOthers(context);

    const restore = await folder.override({
      ...network,
      plugins: [...network.plugins, { ...FAILING_PLUGIN, marker } as (typeof network.plugins)[number]],
    });
    defer(restore);
    await untilConfiguration(rpc, `the runtime to use the failing network`, (text) => text.includes(marker));
    const error = await expectError(runtime.runSandboxWith(config), "any", "RunPodSandbox with a failing network");

    expect(error?.details, "message of the error").to.match(/network|cni/i);
    const left = await listedSandboxes(rpc, { labelSelector: { pod } });
    const ready = left.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
    expect(idsOf(ready), "READY sandboxes after the failure").to.be.empty;
    for (const { id } of left) {
      await rpc.stopPodSandbox({ podSandboxId: id });
      await rpc.removePodSandbox({ podSandboxId: id });
    }
    const after = await held();
    expect(after.addresses, "addresses that IPAM has given out").to.have.members(before.addresses);
    expect(after.namespaces, "mounted network namespaces").to.have.members(before.namespaces);

    await restore();
    await untilConfiguration(rpc, `the runtime to use its own network again`, (text) => !text.includes(marker));
    await runtime.runSandboxWith(config);
  },
);

async function hasProgram(folders: readonly string[], name: string): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(`${folder}/${name}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** A runtime that watches its folder follows within milliseconds; the kubelet gives it until the next sync. */
async function untilConfiguration(rpc: CriRpc, what: string, holds: (info: string) => boolean): Promise<void> {
  await until(what, async () => holds(Object.values((await rpc.status({ verbose: true })).info).join("\n")), {
    timeoutMs: 30_000,
  });
}

/** Addresses that host-local has given out: one file each in the network's folder, which also holds its notes. */
async function addresses({ name, plugins }: CniNetwork): Promise<string[]> {
  const folder = plugins.find(({ ipam }) => ipam?.type === "host-local")?.ipam?.dataDir ?? "/var/lib/cni/networks";
  const entries = await readdir(`${folder}/${name}`).catch(() => []);
  return entries.filter((entry) => /^[\d.]+$|:/.test(entry));
}

/** Where network namespaces are mounted: the type nsfs in proc_pid_mountinfo(5). */
async function namespaceMounts(): Promise<string[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return [...mounts.matchAll(/^\S+ \S+ \S+ net:\S+ (\S+) /gm)].map(([, target]) => target ?? "");
}
