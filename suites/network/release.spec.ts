import { readdir, readlink } from "node:fs/promises";
import {
  behaviour,
  CniFolder,
  hostPid,
  NotApplicable,
  until,
  type CniNetwork,
  type PodSandbox,
} from "../../src/harness/index.js";
import { givenAddresses, mountedNamespaces, readEach } from "./cni.js";

/** Things of the node that pods hold, each with what tells it from a later one of the same name. */
interface Held {
  /** Addresses and to whom IPAM has given them. */
  addresses: Map<string, string>;
  /** Mounts of network namespaces. */
  namespaces: Map<string, string>;
  /** Interfaces of the node and their numbers, which the kernel does not use again. */
  interfaces: Map<string, string>;
}

behaviour(
  "NET-015",
  {
    title: "Addresses, network namespaces and interfaces are released with their pods",
    level: "required",
    rpcs: ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"],
    clause: "StopPodSandbox: releases the pod's network, so that a node runs pods without end",
    needs: ["node-root"],
  },
  async ({ runtime, probe, note, notApplicable }) => {
    const network = await cniNetwork(probe.status.info);
    // One pod for each way to go. Many would show no more: each pod's own things are looked for.
    const pods = [await runtime.runSandbox(), await runtime.runSandbox(), await runtime.runSandbox()] as const;
    const held = await heldBy(pods, network);
    const { addresses, namespaces, interfaces } = held;
    if (addresses.size + namespaces.size + interfaces.size === 0)
      return notApplicable("the suite sees nothing that the node holds for a pod");
    note(
      `${pods.length} pods had ${addresses.size} addresses, ${namespaces.size} namespaces, ${interfaces.size} interfaces`,
    );

    const [stopped, stoppedTwice, onlyRemoved] = pods;
    await Promise.all([stopped.stop(), stoppedTwice.stop(), onlyRemoved.remove()]);
    await stoppedTwice.stop();
    await Promise.all([stopped.remove(), stoppedTwice.remove()]);

    let left = "";
    await until(
      "no address, network namespace or interface of the removed pods to be left",
      async () => (left = leftOf(held, await allHeld(network))) === "",
      { seen: () => left },
    );
  },
);

/** The network of the node's configuration, where the suite sees it. */
async function cniNetwork(info: Readonly<Record<string, string>>): Promise<CniNetwork | undefined> {
  try {
    return await (await CniFolder.of(info)).network();
  } catch (error) {
    if (error instanceof NotApplicable) return undefined;
    throw error;
  }
}

/** What there is on the node of all pods. */
async function allHeld(network: CniNetwork | undefined): Promise<Held> {
  const interfaces = await readEach(
    "/sys/class/net",
    (await readdir("/sys/class/net")).map((name) => `${name}/ifindex`),
  );
  return {
    addresses: network ? await givenAddresses(network) : new Map<string, string>(),
    namespaces: await mountedNamespaces(),
    interfaces,
  };
}

/** What there is on the node of these pods, as far as the suite can tell. */
async function heldBy(pods: readonly PodSandbox[], network: CniNetwork | undefined): Promise<Held> {
  const all = await allHeld(network);
  const addresses = new Set<string>();
  const namespaces = new Set<string>();
  const interfaces = new Set<string>();
  for (const pod of pods) {
    const { status, info } = await pod.statusResponse(true);
    for (const { ip } of [{ ip: status?.network?.ip ?? "" }, ...(status?.network?.additionalIps ?? [])])
      addresses.add(ip);
    const pid = await hostPid(info);
    if (pid === undefined) continue;
    namespaces.add(await readlink(`/proc/${pid}/ns/net`));
    const folder = `/proc/${pid}/root/sys/class/net`;
    const names = await readdir(folder).catch(() => []); // a handler's process may see no /sys
    const peers = await readEach(
      folder,
      names.filter((name) => name !== "lo").map((name) => `${name}/iflink`),
    );
    for (const peer of peers.values()) interfaces.add(peer);
  }
  const only = (map: Map<string, string>, holds: (key: string, value: string) => boolean): Map<string, string> =>
    new Map([...map].filter(([key, value]) => holds(key, value)));
  return {
    addresses: only(all.addresses, (address) => addresses.has(address)),
    namespaces: only(all.namespaces, (_mount, number) => namespaces.has(number)),
    interfaces: only(all.interfaces, (_name, number) => interfaces.has(number)),
  };
}

/** What is still there as it was. */
function leftOf(held: Held, now: Held): string {
  const kinds = ["addresses", "namespaces", "interfaces"] as const;
  return kinds
    .flatMap((kind) => [...held[kind]].filter(([key, value]) => now[kind].get(key) === value).map(([key]) => key))
    .join(", ");
}
