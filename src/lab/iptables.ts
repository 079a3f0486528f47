import { runSystemTool } from "./system-tool.js";

/** iptables for IPv4 and ip6tables for IPv6. */
export type IpFamily = "iptables" | "ip6tables";

/** One table as iptables-save prints it. */
export interface RuleTable {
  readonly name: string;
  /** Chains with their policy; "-" for those that are not built in. */
  readonly chains: ReadonlyMap<string, string>;
  /** Rules in the form `-A CHAIN ...`. */
  readonly rules: readonly string[];
}

/** Reads the output of iptables-save. */
export function parseRules(text: string): RuleTable[] {
  const tables: { name: string; chains: Map<string, string>; rules: string[] }[] = [];
  for (const line of text.split("\n")) {
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (line.startsWith("*")) tables.push({ name: line.slice(1), chains: new Map(), rules: [] });
    else if (chain !== null) tables.at(-1)?.chains.set(chain[1] ?? "", chain[2] ?? "");
    else if (line.startsWith("-A ")) tables.at(-1)?.rules.push(line);
  }
  return tables;
}

/** All tables of this host. Reading them creates none. */
export async function readRules(family: IpFamily): Promise<RuleTable[]> {
  const { stdout } = await runSystemTool(`${family}-save`, [], { maxOutputBytes: 64 << 20 });
  return parseRules(stdout);
}

/** Applies commands such as `-A CHAIN ...` or `-X CHAIN` to a table, all or none, and leaves the rest of it alone. */
export async function changeRules(family: IpFamily, table: string, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  const input = `*${table}\n${commands.join("\n")}\nCOMMIT\n`;
  await runSystemTool(`${family}-restore`, ["--wait", "30", "--noflush"], { input });
}

/**
 * The commands that remove the rules whose comment names a CNI network, and the chains made for that network's containers.
 * The portmap plugin comments its rules with `name: "NETWORK" id: "CONTAINER"`; a chain that was cut off half-way is known by
 * the address it leads to.
 *
 * @param addressPrefix how the addresses of the network's containers start.
 */
export function removalOfNetwork(table: RuleTable, networkName: string, addressPrefix: string): string[] {
  const mine = table.rules.filter((rule) => new RegExp(`--comment .*\\b${networkName}\\b`).test(rule));
  const targets = mine.map((rule) => / -j (CNI-\S+)/.exec(rule)?.[1]);
  const leading = table.rules
    .filter((rule) => rule.includes(` --to-destination ${addressPrefix}`))
    .map((rule) => / (CNI-\S+)/.exec(rule)?.[1]);
  const chains = [...new Set([...targets, ...leading])]
    .filter((chain) => chain !== undefined)
    .filter((chain) => !sharedChains.includes(chain) && table.chains.has(chain));
  return [
    ...mine.map((rule) => rule.replace(/^-A/, "-D")),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ];
}

/** The chains that the portmap plugin makes once for all networks of the host and never removes. */
const sharedChains = ["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"];

/** Which of the shared chains of the portmap plugin a table has. */
export function sharedChainsOf(table: RuleTable): string[] {
  return sharedChains.filter((chain) => table.chains.has(chain));
}

/** The commands that remove shared chains with the jumps to them; none while the rules of some container use them. */
export function removalOfSharedChains(table: RuleTable, chains: readonly string[]): string[] {
  const present = chains.filter((chain) => table.chains.has(chain));
  const chainOf = (rule: string) => rule.split(" ")[1] ?? "";
  const isBuiltIn = (chain: string) => table.chains.get(chain) !== "-";
  const jumps = table.rules.filter((rule) => present.some((chain) => rule.endsWith(` -j ${chain}`)));
  const inUse =
    table.rules.some((rule) => chainOf(rule) === "CNI-HOSTPORT-DNAT") ||
    !jumps.every((rule) => isBuiltIn(chainOf(rule)));
  if (inUse) return [];
  return [
    ...jumps.map((rule) => rule.replace(/^-A/, "-D")),
    ...present.map((chain) => `-F ${chain}`),
    ...present.map((chain) => `-X ${chain}`),
  ];
}

/** Whether nothing but empty built-in chains is left of a table. */
export function isEmptyTable(table: RuleTable): boolean {
  return table.rules.length === 0 && [...table.chains.values()].every((policy) => policy === "ACCEPT");
}

/** Removes an empty table as a whole, where iptables stands on nftables; elsewhere it stays as it is, empty. */
export async function dropEmptyTable(family: IpFamily, name: string): Promise<void> {
  await runSystemTool(`${family}-restore`, ["--wait", "30"], { input: `*${name}\nCOMMIT\n` });
}
