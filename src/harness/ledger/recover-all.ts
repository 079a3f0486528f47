import type { CriConnection } from "../../cri/client.js";
import { leftImages, recoverRun, type Recovery } from "./recover.js";
import type { LeftLedger } from "./read-ledger.js";

/**
 * Removes what ended runs left at one endpoint; runs that are under way are not touched. A ledger goes when nothing of
 * its run is left.
 */
export async function recoverEndpoint(ledgers: readonly LeftLedger[], connection: CriConnection): Promise<Recovery[]> {
  const dead = ledgers.filter(({ isAlive, run }) => !isAlive && run.endpoint === connection.runtimeEndpoint.uri);
  const deadImages = new Set(dead.flatMap(leftImages));
  const recoveries: Recovery[] = [];
  for (const ledger of dead) {
    const recovery = await recoverRun(ledger, connection, deadImages);
    if (recovery.trouble.length === 0) await ledger.remove();
    recoveries.push(recovery);
  }
  return recoveries;
}
