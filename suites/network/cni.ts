import { readdir, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { until, type CniFolder, type CniNetwork, type SpecContext } from "../../src/harness/index.js";

/**
 * Gives the runtime another network, for a spec that runs alone, and waits until it is used.
 * @returns what gives it its own again; it also happens at clean-up
 */
export async function useNetwork(
  { rpc, names, defer }: Pick<SpecContext, "rpc" | "names" | "defer">,
  folder: CniFolder,
  network: CniNetwork,
): Promise<() => Promise<void>> {
  const marker = names.next();
  // A runtime that watches its folder follows within milliseconds; the kubelet gives it until the next sync.
  const untilShown = (what: string, shown: boolean): Promise<boolean> =>
    until(
      `the runtime to use ${what}`,
      async () => {
        const { info } = await rpc.status({ verbose: true });
        return Object.values(info).join("\n").includes(marker) === shown;
      },
      { timeoutMs: 30_000 },
    );
  // Plugins pass over keys that they do not know.
  const plugins = network.plugins.map((plugin) => ({ ...plugin, marker }));
  const restore = await folder.override({ ...network, plugins });
  defer(restore);
  await untilShown("the network of this spec", true);
  return async () => {
    await restore();
    await untilShown("its own network again", false);
  };
}

/** What the node holds for pods: a leak is what stays when they are gone. */
export async function heldForPods(network: CniNetwork): Promise<{ addresses: string[]; namespaces: string[] }> {
  const [addresses, namespaces] = await Promise.all([givenAddresses(network), mountedNamespaces()]);
  return { addresses: [...addresses.keys()], namespaces: [...namespaces.keys()] };
}

/**
 * Addresses that host-local has given out, and to whom: one file each in the network's folder, which also holds its notes.
 */
export async function givenAddresses({ name, plugins }: CniNetwork): Promise<Map<string, string>> {
  const dataDir = plugins.find(({ ipam }) => ipam?.type === "host-local")?.ipam?.dataDir ?? "/var/lib/cni/networks";
  const folder = `${dataDir}/${name}`;
  const entries = await readdir(folder).catch(() => []);
  return readEach(
    folder,
    entries.filter((entry) => isIP(entry) > 0),
  );
}

/**
 * Where network namespaces are mounted, with the number of each as in /proc/PID/ns: mounts of the type nsfs in
 * proc_pid_mountinfo(5).
 */
export async function mountedNamespaces(): Promise<Map<string, string>> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return new Map(
    [...mounts.matchAll(/^\S+ \S+ \S+ (net:\S+) (\S+) /gm)].map(([, number = "", target = ""]) => [target, number]),
  );
}

/** The contents of those files that are there, by name. */
export async function readEach(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const name of names) {
    const text = await readFile(`${folder}/${name}`, "utf8").catch(() => undefined); // another pod's, and just gone
    if (text !== undefined) contents.set(name, text.trim());
  }
  return contents;
}
