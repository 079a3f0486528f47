import { Ledger, type LedgerOptions } from "../harness/ledger/ledger.js";
import { readLedgers } from "../harness/ledger/read-ledger.js";
import { recoverEndpoint } from "../harness/ledger/recover-all.js";
import type { Recovery } from "../harness/ledger/recover.js";
import type { CriConnection } from "../cri/client.js";
import { tell, type Terminal } from "./terminal.js";

/** Removes what killed runs left at this endpoint, and tells of it; trouble with that stops no run. */
export async function recoverLeftovers(connection: CriConnection, terminal: Terminal, quiet: boolean): Promise<void> {
  try {
    for (const recovery of await recoverEndpoint(await readLedgers(), connection)) {
      if (!quiet || recovery.trouble.length > 0) for (const line of describeRecovery(recovery)) tell(terminal, line);
    }
  } catch (error) {
    tell(terminal, `critique: What earlier runs left could not be looked for: ${(error as Error).message}`);
  }
}

/** What became of a run's leftovers, in lines for people. */
export function describeRecovery({ runId, done, trouble }: Recovery): string[] {
  return [
    ...done.map((what) => `left by run ${runId}, removed or put back: ${what}`),
    ...trouble.map((what) => `left by run ${runId}, and still there: ${what}; \`critique clean\` tries again`),
  ];
}

/** Begins the run's ledger; a host where none can be kept gets a warning and its run all the same. */
export async function openLedger(options: LedgerOptions, terminal: Terminal): Promise<Ledger | undefined> {
  try {
    return await Ledger.open(options);
  } catch (error) {
    const why = (error as Error).message;
    tell(terminal, `critique: No ledger is kept, so nothing can clean up after this run if it is killed: ${why}`);
    return undefined;
  }
}
