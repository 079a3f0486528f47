import { lstat, rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import type { CriConnection, CriRpc } from "../../cri/client.js";
import { RpcError } from "../../cri/rpc-error.js";
import { removeTree } from "../../support/remove-tree.js";
import { removeCgroupsOfRun } from "../pod-cgroup.js";
import { ownedContainers, ownedSandboxes, RUN_LABEL } from "../ownership.js";
import { removeSandbox, STEP_TIMEOUT_MS, untilDone } from "../removal.js";
import { StrayTasks } from "../stray-tasks.js";
import type { ObjectKind } from "./entry.js";
import { foreignNames } from "./image-names.js";
import type { LeftLedger } from "./read-ledger.js";

/** What became of what a run had left. */
export interface Recovery {
  runId: string;
  /** What was removed or put back, one line each. */
  done: string[];
  /** What could not be; the ledger then stays for the next time. */
  trouble: string[];
}

/** Names of the suite's private folders of a run begin like this. */
export const RUN_FOLDER = /^critique-run-\w+$/;

/**
 * Removes what a run that has ended left: pods with its label, images it pulled, its folder, and puts back what it moved.
 * The label is what makes a pod ours; an id in the ledger alone is not enough.
 *
 * @param connection undefined where the runtime is not there: then only the host's part is done
 * @param deadImages references that ended runs pulled; an image that has other names too is left alone
 */
export async function recoverRun(
  ledger: LeftLedger,
  connection: CriConnection | undefined,
  deadImages: ReadonlySet<string>,
): Promise<Recovery> {
  const recovery: Recovery = { runId: ledger.run.runId, done: [], trouble: [] };
  const attempt = async (what: string, step: () => Promise<boolean | void>): Promise<void> => {
    try {
      if ((await step()) !== false) recovery.done.push(what);
    } catch (error) {
      if (error instanceof RpcError && error.is("NotFound")) return;
      recovery.trouble.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (connection) {
    // Far longer than a removal takes; a runtime that hangs must not keep a new run from starting for ever.
    const rpc = connection.rpc({ timeoutMs: STEP_TIMEOUT_MS });
    const strayTasks = new StrayTasks(connection);
    // Side by side: what the runtime does not let go takes half a minute or more, and holds up nothing else.
    const pods = [...(await podsOf(ledger, rpc, recovery))];
    await Promise.all(pods.map((id) => attempt(`sandbox ${id}`, () => removeSandbox(rpc, id, strayTasks))));
    recovery.done.push(...strayTasks.deleted);
    const containers = await ownedContainers(rpc, ledger.run.runId).catch(() => []);
    await Promise.all(
      containers.map((id) =>
        attempt(`container ${id}`, () => untilDone(() => rpc.removeContainer({ containerId: id }))),
      ),
    );
    for (const reference of leftImages(ledger)) {
      await attempt(`image ${reference}`, () => removeImage(rpc, reference, deadImages));
    }
  }
  await attempt("control groups", async () => (await removeCgroupsOfRun(ledger.run.runId)).length > 0);
  for (const undo of displacedFiles(ledger)) await attempt(undo.what, undo.run);
  for (const entry of ledger.entries) {
    if (entry.type === "folder") await attempt(`folder ${entry.path}`, () => removeRunFolder(entry.path));
  }
  return recovery;
}

/** References of images that a run asked for and that it did not remove. */
export function leftImages({ entries }: LeftLedger): string[] {
  const left = new Map<string, string>();
  for (const entry of entries) {
    if ((entry.type === "asked" || entry.type === "made") && entry.kind === "image") {
      left.set(entry.name, entry.type === "made" ? entry.id : (left.get(entry.name) ?? ""));
    } else if (entry.type === "gone" && entry.kind === "image") {
      for (const [name, id] of left) if (name === entry.id || id === entry.id) left.delete(name);
    }
  }
  return [...left.keys()];
}

/** Pods with the run's label, and those of the ledger whose label or name is the run's too but that no list shows. */
async function podsOf(ledger: LeftLedger, rpc: CriRpc, recovery: Recovery): Promise<Set<string>> {
  const { runId } = ledger.run;
  const ids = new Set<string>();
  try {
    for (const { id } of await ownedSandboxes(rpc, runId)) ids.add(id);
    for (const id of leftIds(ledger, "sandbox")) {
      if (ids.has(id)) continue;
      const { status } = await rpc.podSandboxStatus({ podSandboxId: id }).catch((error: unknown) => {
        if (error instanceof RpcError && error.is("NotFound")) return { status: undefined };
        throw error;
      });
      const isOurs = status?.labels[RUN_LABEL] === runId || status?.metadata?.name.startsWith(`critique-${runId}-`);
      if (isOurs) ids.add(id);
    }
  } catch (error) {
    recovery.trouble.push(`finding pods: ${error instanceof Error ? error.message : String(error)}`);
  }
  return ids;
}

function leftIds({ entries }: LeftLedger, kind: ObjectKind): Set<string> {
  const ids = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "made" && entry.kind === kind) ids.add(entry.id);
    else if (entry.type === "gone" && entry.kind === kind) ids.delete(entry.id);
  }
  return ids;
}

async function removeImage(rpc: CriRpc, reference: string, deadImages: ReadonlySet<string>): Promise<boolean> {
  const { image } = await rpc.imageStatus({ image: { image: reference } });
  if (!image) return false;
  const others = foreignNames(image, deadImages);
  if (others.length > 0) throw new Error(`it is also ${others.join(", ")}, which is not the run's`);
  await rpc.removeImage({ image: { image: reference } });
  return true;
}

/** What brings the files of the host back that the run had moved or placed, the last one first; again does no harm. */
function displacedFiles({ entries }: LeftLedger): { what: string; run: () => Promise<boolean> }[] {
  return [...entries].reverse().flatMap((entry) => {
    if (entry.type === "moved") {
      return [{ what: `${entry.from}, which was moved away`, run: () => moveBack(entry.to, entry.from) }];
    }
    if (entry.type === "placed") return [{ what: `file ${entry.path}`, run: () => removeFile(entry.path) }];
    return [];
  });
}

/** Never over a file that somebody put there meanwhile. */
async function moveBack(from: string, to: string): Promise<boolean> {
  if (!(await exists(from))) return false;
  if (await exists(to)) throw new Error(`${to} is there again; compare it with ${from}`);
  await rename(from, to);
  return true;
}

async function removeFile(path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await rm(path);
  return true;
}

/** A folder at that path that is no private folder of this user's is not what the run had made. */
async function removeRunFolder(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat?.isDirectory() || stat.uid !== process.getuid?.() || !RUN_FOLDER.test(basename(path))) return false;
  await removeTree(path);
  return true;
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
