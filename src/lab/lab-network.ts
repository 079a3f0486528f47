import { access, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { LabFolders } from "./lab-folders.js";
import { changeRules, type IpFamily, readRules, removalOfNetwork } from "./iptables.js";
import type { LabIdentity } from "./lab-identity.js";
import { runSystemTool } from "./system-tool.js";

/** An IPv4 network that this host has a route to. */
export interface Ipv4Network {
  readonly address: number;
  readonly prefixLength: number;
}

/** Whether this host has IPv6, with the firewall command that port mappings need. */
export async function hostHasIpv6(): Promise<boolean> {
  try {
    const disabled = await readFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", "utf8");
    if (disabled.trim() !== "0") return false;
    await readRules("ip6tables");
    return true;
  } catch {
    return false;
  }
}

/** The IPv4 networks this host routes to, the default route left out. */
export async function routedNetworks(): Promise<Ipv4Network[]> {
  const { stdout } = await runSystemTool("ip", ["-j", "-4", "route", "show", "table", "all"]);
  const routes = JSON.parse(stdout || "[]") as { dst: string }[];
  return routes.map(({ dst }) => parseIpv4Network(dst)).filter((network) => network !== undefined);
}

/** Reads `198.18.3.0/24` or a single address; undefined for `default` and for anything else. */
export function parseIpv4Network(text: string): Ipv4Network | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (found === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = found.slice(1, 5).map(Number);
  return { address: a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d, prefixLength: Number(found[5] ?? 32) };
}

/** Whether two networks have an address in common. */
export function networksOverlap(first: Ipv4Network, second: Ipv4Network): boolean {
  const blockSize = 2 ** (32 - Math.min(first.prefixLength, second.prefixLength));
  return Math.floor(first.address / blockSize) === Math.floor(second.address / blockSize);
}

/** Whether there is a network interface of that name. */
export async function interfaceExists(name: string): Promise<boolean> {
  return access(join("/sys/class/net", name)).then(
    () => true,
    () => false,
  );
}

/**
 * Creates the lab's bridge with its addresses, and the rules that let its pods reach the world: every rule carries the name
 * of the lab's CNI network as its comment. IPv6 gets no forwarding of its own, because switching that on makes a host forget
 * the routes that routers told it.
 */
export async function createNetwork(identity: LabIdentity, ipv6: boolean): Promise<void> {
  const { bridge, ipv4, networkName } = identity;
  const addresses = [`${ipv4.gateway}/${ipv4.prefixLength}`];
  if (ipv6) addresses.push(`${identity.ipv6.gateway}/${identity.ipv6.prefixLength} nodad`);
  const commands = [
    `link add name ${bridge} type bridge`,
    ...addresses.map((address) => `addr add ${address} dev ${bridge}`),
    `link set dev ${bridge} up`,
  ];
  await runSystemTool("ip", ["-batch", "-"], { input: `${commands.join("\n")}\n` });

  const comment = `-m comment --comment ${networkName}`;
  await changeRules("iptables", "nat", [
    `-A POSTROUTING -s ${ipv4.subnet} ! -d ${ipv4.subnet} ${comment} -j MASQUERADE`,
  ]);
  const filter = (await readRules("iptables")).find((table) => table.name === "filter");
  if (filter !== undefined && filter.chains.get("FORWARD") !== "ACCEPT") {
    await changeRules("iptables", "filter", [
      `-I FORWARD -i ${bridge} ${comment} -j ACCEPT`,
      `-I FORWARD -o ${bridge} ${comment} -j ACCEPT`,
    ]);
  }
}

/** Removes the lab's bridge, the interfaces at it, and its rules; nothing of it needs to exist. */
export async function removeNetwork({ bridge, networkName, ipv4, ipv6 }: LabIdentity): Promise<void> {
  const ports = await readdir(join("/sys/class/net", bridge, "brif")).catch(() => []);
  // A pod's network namespace may be about to go and take its interface along: --force goes on after an error.
  const names = (await interfaceExists(bridge)) ? [...ports, bridge] : ports;
  if (names.length > 0) {
    const input = names.map((name) => `link del dev ${name}\n`).join("");
    await runSystemTool("ip", ["-force", "-batch", "-"], { input }).catch((error: unknown) => {
      if (!(error instanceof Error && /Cannot find device/.test(error.message))) throw error;
    });
  }
  const families: [IpFamily, string][] = [["iptables", ipv4.gateway.replace(/1$/, "")]];
  if (await hostHasIpv6()) families.push(["ip6tables", `[${ipv6.gateway.replace(/1$/, "")}`]);
  for (const [family, addressPrefix] of families) {
    for (const table of await readRules(family)) {
      await changeRules(family, table.name, removalOfNetwork(table, networkName, addressPrefix));
    }
  }
}

/** The CNI configuration of a lab: a bridge with addresses from its own files, and port mappings by iptables. */
export function cniConfig(identity: LabIdentity, ipv6: boolean, mtu: number, folders: LabFolders): object {
  const { bridge, networkName, ipv4 } = identity;
  const range = ({ subnet, gateway }: typeof ipv4) => [{ subnet, gateway }];
  return {
    cniVersion: "1.0.0",
    name: networkName,
    plugins: [
      {
        type: "bridge",
        bridge,
        // The bridge has its addresses already, and forwarding and masquerading are switched on and off with the lab.
        isGateway: false,
        ipMasq: false,
        hairpinMode: true,
        mtu,
        ipam: {
          type: "host-local",
          dataDir: folders.cniState,
          ranges: [range(ipv4), ...(ipv6 ? [range(identity.ipv6)] : [])],
          routes: [{ dst: "0.0.0.0/0" }, ...(ipv6 ? [{ dst: "::/0" }] : [])],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true, backend: "iptables" },
    ],
  };
}

/** Writes the CNI configuration where containerd will read it. */
export async function writeCniConfig(identity: LabIdentity, ipv6: boolean, folders: LabFolders): Promise<void> {
  const config = cniConfig(identity, ipv6, await defaultRouteMtu(), folders);
  await writeFile(join(folders.cniConfig, "10-lab.conflist"), JSON.stringify(config, null, 2), { mode: 0o600 });
}

/**
 * Gives the lab a folder of plugins of its own, with links to the host's programs: who adds a plugin to the lab leaves the
 * host's folder, which other runtimes use, as it is.
 */
export async function linkCniPlugins(hostFolder: string, { cniPlugins }: LabFolders): Promise<void> {
  for (const name of await readdir(hostFolder)) await symlink(join(hostFolder, name), join(cniPlugins, name));
}

/** The largest packet that leaves the host in one piece; 1500 for a host without a default route. */
async function defaultRouteMtu(): Promise<number> {
  const { stdout } = await runSystemTool("ip", ["-j", "-4", "route", "show", "default"]);
  const [route] = JSON.parse(stdout || "[]") as { dev?: string }[];
  const mtu = await readFile(`/sys/class/net/${route?.dev ?? ""}/mtu`, "utf8").catch(() => "1500");
  return Number(mtu);
}
