import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Shard } from "../config/parsers.js";
import { systemErrorReason, UsageError } from "../config/errors.js";
import { EVENT_LOG_NAME, readEventLog } from "../report/event-log.js";
import type { RecordedRun } from "../report/merge.js";
import type { RunEvent } from "../report/model.js";

/** A run that was read back from its folder. */
export interface StoredRun extends RecordedRun {
  folder: string;
  /** What the names of its files begin with. */
  prefix: string;
}

/**
 * Reads the events of a run.
 *
 * @param path the run's folder, or its event log
 * @throws UsageError when there is no event log; EventLogError when it is none or damaged
 */
export async function readRun(path: string): Promise<StoredRun> {
  const log = await findEventLog(path);
  const events: RunEvent[] = [];
  for await (const event of readEventLog(log)) events.push(event);
  return { source: path, events, folder: dirname(log), prefix: basename(log).slice(0, -EVENT_LOG_NAME.length) };
}

/**
 * The newest run in a folder of run folders.
 * @throws UsageError when there is none
 */
export async function newestRun(parent: string): Promise<string> {
  const folders = await readdir(parent).catch(() => []);
  const runs = await Promise.all(
    folders.map(async (name) => {
      const folder = join(parent, name);
      const log = await stat(join(folder, EVENT_LOG_NAME)).catch(() => undefined);
      return { folder, changedMs: log?.mtimeMs ?? -1 };
    }),
  );
  const [newest] = runs.filter(({ changedMs }) => changedMs >= 0).sort((a, b) => b.changedMs - a.changedMs);
  if (newest) return newest.folder;
  throw new UsageError(
    `There is no run in ${parent}/; name the folder of a run, for example critique report out/run-1.`,
  );
}

/** Shards that the runs say there are and that are not among them, in sentences. */
export function missingShards(runs: readonly StoredRun[]): string[] {
  const shards = runs.flatMap(({ events }) => {
    const start = events.find((event) => event.type === "runStarted");
    const shard = start?.run.options["shard"] as Partial<Shard> | undefined;
    return typeof shard?.index === "number" && typeof shard.count === "number" ? [shard as Shard] : [];
  });
  if (runs.length < 2 || shards.length === 0) return [];
  const count = Math.max(...shards.map((shard) => shard.count));
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter(
    (index) => !shards.some((shard) => shard.index === index && shard.count === count),
  );
  return missing.map(
    (index) => `Shard ${index}/${count} is missing: its specs are in no report; merge its folder too.`,
  );
}

async function findEventLog(path: string): Promise<string> {
  try {
    if ((await stat(path)).isFile()) return path;
    const logs = (await readdir(path)).filter((name) => name.endsWith(EVENT_LOG_NAME));
    if (logs.length === 1) return join(path, logs[0] ?? "");
    const what =
      logs.length === 0 ? `no ${EVENT_LOG_NAME}` : `several event logs (${logs.join(", ")}): name one of them`;
    throw new UsageError(`"${path}" is no folder of a run: it has ${what}.`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`"${path}" cannot be read: ${systemErrorReason(error)}; name the folder of a run.`);
  }
}
