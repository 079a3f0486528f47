import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { preflight } from "../../config/preflight.js";
import { CriConnection } from "../../cri/client.js";
import { parseEndpoint } from "../../cri/endpoint.js";
import { readLedgers, type LeftLedger } from "../../harness/ledger/read-ledger.js";
import { recoverEndpoint } from "../../harness/ledger/recover-all.js";
import { recoverRun, type Recovery } from "../../harness/ledger/recover.js";
import { EXIT } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { describeRecovery } from "../recover-leftovers.js";
import { printJson, printLine, tell } from "../terminal.js";

/** `critique clean`: removes what runs left that were killed, at one endpoint or at all. */
export async function execute({ options, sources, terminal }: Invocation): Promise<number> {
  const wanted = sources.has("runtimeEndpoint") ? options.runtimeEndpoint?.uri : undefined;
  const ledgers = (await readLedgers()).filter(({ run }) => wanted === undefined || run.endpoint === wanted);
  const alive = ledgers.filter(({ isAlive }) => isAlive);
  const dead = ledgers.filter(({ isAlive }) => !isAlive);
  const recoveries: Recovery[] = [];
  for (const endpoint of new Set(dead.map(({ run }) => run.endpoint))) {
    const here = dead.filter(({ run }) => run.endpoint === endpoint);
    recoveries.push(...(await recoverAt(here)));
  }
  if (options.json) {
    printJson(terminal, { recoveries, alive: alive.map(({ run }) => run.runId) });
  } else {
    for (const recovery of recoveries) for (const line of describeRecovery(recovery)) printLine(terminal, line);
  }
  if (!options.quiet) {
    for (const { run } of alive) tell(terminal, `run ${run.runId} is under way (pid ${run.process.pid}): left alone`);
    if (dead.length === 0) tell(terminal, "nothing is left of any run that has ended");
  }
  return recoveries.some(({ trouble }) => trouble.length > 0) ? EXIT.environment : EXIT.asExpected;
}

/** Cleans up at one endpoint; where nothing answers, the host's part alone. */
async function recoverAt(ledgers: readonly LeftLedger[]): Promise<Recovery[]> {
  const { endpoint = "", imageEndpoint = "" } = ledgers[0]?.run ?? {};
  const connection = new CriConnection(parseEndpoint(endpoint), parseEndpoint(imageEndpoint));
  try {
    await preflight(connection);
    return await recoverEndpoint(ledgers, connection);
  } catch (error) {
    const isGone = await isGoneForGood(connection.runtimeEndpoint.socketPath);
    return await Promise.all(ledgers.map((ledger) => withoutRuntime(ledger, isGone, (error as Error).message)));
  } finally {
    connection.close();
  }
}

/** A runtime that is only stopped comes back with its pods, so its ledger has to stay. */
async function withoutRuntime(ledger: LeftLedger, isGone: boolean, why: string): Promise<Recovery> {
  const recovery = await recoverRun(ledger, undefined, new Set());
  if (!isGone) recovery.trouble.push(`what it made in the runtime: ${why}`);
  if (recovery.trouble.length === 0) await ledger.remove();
  return recovery;
}

/** The folder of its socket went too, as that of a throw-away runtime does. */
async function isGoneForGood(socketPath: string | undefined): Promise<boolean> {
  if (socketPath === undefined) return false;
  return stat(dirname(socketPath)).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}
