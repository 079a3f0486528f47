import { constants, readlinkSync } from "node:fs";
import { open, readdir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../support/process-identity.js";
import { privateStateFolder } from "../../support/state-folder.js";
import type { LedgerEntry, RunEntry } from "./entry.js";
import { LEDGERS } from "./ledger.js";

/** A run of 5,000 specs writes about 2 MB. */
const MAX_LEDGER_BYTES = 64 * 1024 * 1024;

/** A ledger that a run left behind. */
export interface LeftLedger {
  path: string;
  run: RunEntry;
  entries: LedgerEntry[];
  /** The run is under way, or it is not known whether it is; nothing of it may be touched. */
  isAlive: boolean;
  remove(): Promise<void>;
}

/**
 * The ledgers of this user's runs on this host, but for the run named.
 * @throws StateFolderError when there is no private folder for them
 */
export async function readLedgers(stateFolder?: string, exceptRunId?: string): Promise<LeftLedger[]> {
  const folder = privateStateFolder(LEDGERS, stateFolder);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ndjson")).sort();
  const ledgers = await Promise.all(names.map((name) => readLedger(join(folder, name))));
  return ledgers.filter((ledger) => ledger !== undefined && ledger.run.runId !== exceptRunId) as LeftLedger[];
}

/** @returns undefined for what is no ledger, was taken away meanwhile, or belongs to another host that shares the folder */
async function readLedger(path: string): Promise<LeftLedger | undefined> {
  const entries = (await readBounded(path)).split("\n").flatMap(parseEntry);
  const [run] = entries;
  if (run?.type !== "run" || run.host !== hostname()) return undefined;
  return { path, run, entries, isAlive: await mayLive(run), remove: () => unlink(path).catch(ignoreMissing) };
}

/** Pids of another PID namespace say nothing here, so such a run counts as alive for as long as the machine is up. */
async function mayLive({ process, pidNamespace }: RunEntry): Promise<boolean> {
  if (pidNamespace === readlinkSync("/proc/self/ns/pid")) return isAlive(process);
  return isOfThisBoot(process.bootId);
}

async function isOfThisBoot(bootId: string): Promise<boolean> {
  return (await readBounded("/proc/sys/kernel/random/boot_id")).trim() === bootId;
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(ignoreMissing);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    if (size > MAX_LEDGER_BYTES) throw new Error(`${path} has ${size} bytes; it is no ledger of critique.`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** A last line without its end is that of a run that was killed while writing it. */
function parseEntry(line: string): LedgerEntry[] {
  try {
    return [JSON.parse(line) as LedgerEntry];
  } catch {
    return [];
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
