import { mkdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type CgroupHierarchy, hostHierarchies } from "./cgroup-hierarchies.js";
import {
  changeRules,
  dropEmptyTable,
  type IpFamily,
  isEmptyTable,
  readRules,
  removalOfSharedChains,
  sharedChainsOf,
} from "./iptables.js";
import { controllersIn, switchControllers } from "./lab-cgroups.js";

/**
 * What the first of the running labs found on this host, so that the last one can put it back. Kept in /run, because a boot
 * undoes all of it anyhow.
 */
interface HostRecord {
  /** The folders of the labs that use the host, by id. */
  labs: Record<string, string>;
  /** The content of /proc/sys/net/ipv4/ip_forward. */
  readonly ipForward: string;
  readonly rules: Readonly<Record<IpFamily, RulesBefore | null>>;
  /** The controllers that the root of a v2 hierarchy handed on to its children; null on v1. */
  readonly controllers: readonly string[] | null;
  /** Empty folders that were made to mount something over them inside the labs. */
  createdFolders: string[];
}

interface RulesBefore {
  readonly tables: readonly string[];
  readonly sharedChains: readonly string[];
}

const recordFile = "/run/critique-labs.json";
const subtreeControl = "cgroup.subtree_control";
const ipForwardFile = "/proc/sys/net/ipv4/ip_forward";

/** What a lab needs of its host. */
export interface HostNeeds {
  /** Folders to make where they do not exist. */
  readonly mountPoints: readonly string[];
  readonly ipv6: boolean;
  readonly hierarchies: readonly CgroupHierarchy[];
}

/**
 * Notes that a lab uses the host and makes the changes that all labs share: IPv4 forwarding, controllers of v2 control groups,
 * and mount points. Call it under the host lock.
 */
export async function enterHost(id: string, folder: string, needs: HostNeeds): Promise<void> {
  const { mountPoints, ipv6, hierarchies } = needs;
  const rootV2 = hierarchies.find(({ version }) => version === 2)?.mountPoint;
  const record = (await readRecord()) ?? {
    labs: {},
    ipForward: await readIpForward(),
    rules: { iptables: await rulesBefore("iptables"), ip6tables: ipv6 ? await rulesBefore("ip6tables") : null },
    controllers: rootV2 === undefined ? null : await controllersIn(join(rootV2, subtreeControl)),
    createdFolders: [],
  };
  record.labs[id] = folder;
  const missing: string[] = [];
  for (const mountPoint of mountPoints) if (!(await exists(mountPoint))) missing.push(mountPoint);
  record.createdFolders = [...new Set([...record.createdFolders, ...missing])];
  await writeRecord(record);
  for (const mountPoint of missing) await mkdir(mountPoint, { recursive: true, mode: 0o711 });
  await setIpForward("1");
  if (rootV2 !== undefined) {
    await switchControllers(rootV2, await controllersIn(join(rootV2, "cgroup.controllers")), "+");
  }
}

/** Notes that a lab is gone; after the last one the host gets back what it had. Call it under the host lock. */
export async function leaveHost(id: string): Promise<void> {
  const record = await readRecord();
  if (record === undefined) return;
  const others: Record<string, string> = {};
  for (const [other, folder] of Object.entries(record.labs)) {
    if (other !== id && (await exists(folder))) others[other] = folder;
  }
  if (Object.keys(others).length > 0) {
    await writeRecord({ ...record, labs: others });
    return;
  }
  for (const family of ["iptables", "ip6tables"] as const) {
    const before = record.rules[family];
    if (before !== null) await restoreRules(family, before);
  }
  await setIpForward(record.ipForward);
  if (record.controllers !== null) await restoreControllers(record.controllers);
  // Not removed when somebody put something into it meanwhile.
  for (const folder of record.createdFolders.toReversed()) await rmdir(folder).catch(() => undefined);
  await rm(recordFile, { force: true });
}

async function readIpForward(): Promise<string> {
  return (await readFile(ipForwardFile, "utf8")).trim();
}

/** Leaves the file alone when nothing changes: in some containers it may not be written. */
async function setIpForward(value: string): Promise<void> {
  if ((await readIpForward()) !== value) await writeFile(ipForwardFile, value);
}

async function rulesBefore(family: IpFamily): Promise<RulesBefore> {
  const tables = await readRules(family);
  return { tables: tables.map(({ name }) => name), sharedChains: tables.flatMap(sharedChainsOf) };
}

async function restoreRules(family: IpFamily, before: RulesBefore): Promise<void> {
  for (const table of await readRules(family)) {
    const added = sharedChainsOf(table).filter((chain) => !before.sharedChains.includes(chain));
    await changeRules(family, table.name, removalOfSharedChains(table, added));
  }
  for (const table of await readRules(family)) {
    if (!before.tables.includes(table.name) && isEmptyTable(table)) await dropEmptyTable(family, table.name);
  }
}

/** Takes back the controllers that labs switched on; the kernel refuses for those that others have come to use. */
async function restoreControllers(before: readonly string[]): Promise<void> {
  for (const { version, mountPoint } of await hostHierarchies()) {
    if (version === 1) continue;
    const now = await controllersIn(join(mountPoint, subtreeControl));
    const added = now.filter((controller) => !before.includes(controller));
    await switchControllers(mountPoint, added, "-");
  }
}

async function readRecord(): Promise<HostRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordFile, "utf8")) as HostRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function writeRecord(record: HostRecord): Promise<void> {
  await writeFile(`${recordFile}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${recordFile}.new`, recordFile);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
