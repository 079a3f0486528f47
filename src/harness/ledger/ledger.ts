import { closeSync, openSync, readlinkSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { CallRecord, CallScope } from "../../cri/client.js";
import { privateStateFolder } from "../../support/state-folder.js";
import { processIdentity } from "../../support/process-identity.js";
import type { LedgerEntry } from "./entry.js";
import { fullReference } from "./image-names.js";
import { creationOf, removalOf, type Creation } from "./tracked-calls.js";

/** Folder of the ledgers in the state folder. */
export const LEDGERS = "ledger";

export interface LedgerOptions {
  runId: string;
  endpoint: string;
  imageEndpoint: string;
  /** State folder; default this user's. */
  stateFolder?: string;
}

const NOT_FOUND = 5;

/**
 * What a run has made, on disk before it is made, so that the next start can remove what a killed run left. A file per
 * run, lines only added, gone when nothing is left.
 *
 * Lines are handed to the kernel one by one, which SIGKILL cannot take back; a machine that goes down takes pods with it.
 */
export class Ledger {
  readonly #left = new Map<string, Creation & { id: string }>();
  /** Ids of all sandboxes and containers that were made. */
  readonly #podIds = new Set<string>();
  /** Images asked for whose fate is not known: the call was given up. */
  readonly #unsure = new Set<string>();
  #displacedFiles = 0;
  #otherImages: ReadonlySet<string> = new Set();
  #isOpen = true;

  private constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  /**
   * Begins a run's ledger.
   * @throws StateFolderError when there is no private folder for it; the system's error when it cannot be written
   */
  static async open({ runId, endpoint, imageEndpoint, stateFolder }: LedgerOptions): Promise<Ledger> {
    const path = join(privateStateFolder(LEDGERS, stateFolder), `${runId}.ndjson`);
    const self = await processIdentity(process.pid);
    if (!self) throw new Error("This process is not in /proc; the ledger needs to know whose it is.");
    const ledger = new Ledger(path, openSync(path, "ax", 0o600));
    ledger.#write({
      type: "run",
      runId,
      startedAt: new Date().toISOString(),
      endpoint,
      imageEndpoint,
      host: hostname(),
      pidNamespace: readlinkSync("/proc/self/ns/pid"),
      process: self,
    });
    return ledger;
  }

  /** Writes down every call of a scope that makes or removes something, creations before they are sent. */
  readonly hooks = {
    onSend: (call) => {
      const creation = creationOf(call.desc, call.request);
      if (creation && !this.#isForeign(creation))
        this.#write({ type: "asked", kind: creation.kind, name: creation.name });
    },
    onCall: (call) => this.#ended(call),
  } satisfies CallScope;

  /**
   * Tells what the run starts with.
   * @param folder a private folder on the host that shall go with the run
   * @param otherImages ids and names of images that are not the run's, whatever it does with them
   */
  begin(folder: string, otherImages: ReadonlySet<string>): void {
    this.#otherImages = otherImages;
    this.#write({ type: "folder", path: folder });
  }

  /** A file of the host is about to be moved out of its place. */
  moving(from: string, to: string): void {
    this.#displacedFiles++;
    this.#write({ type: "moved", from, to });
  }

  /** A file is about to be put on the host. */
  placing(path: string): void {
    this.#displacedFiles++;
    this.#write({ type: "placed", path });
  }

  /** So many files that were moved or placed are as before. */
  restored(count: number): void {
    this.#displacedFiles -= count;
  }

  /** References of images that the run pulled and that nobody has removed. */
  images(): string[] {
    const known = [...this.#left.values()].filter(({ kind }) => kind === "image").map(({ name }) => name);
    return [...new Set([...known, ...this.#unsure])];
  }

  /** The runtime has said that it has no such image. */
  imageIsGone(reference: string): void {
    this.#unsure.delete(reference);
    this.#left.delete(`image ${reference}`);
    this.#write({ type: "gone", kind: "image", id: reference });
  }

  /** Ids of the sandboxes and containers that the run has made and that the runtime has removed again. */
  removedPodIds(): Set<string> {
    const left = new Set([...this.#left.values()].map(({ id }) => id));
    return new Set([...this.#podIds].filter((id) => !left.has(id)));
  }

  /** The runtime's own list has shown that no pod of the run is left. */
  podsAreGone(): void {
    for (const [key, { kind }] of this.#left) if (kind !== "image") this.#left.delete(key);
  }

  /** Ends the ledger. It stays on disk exactly where something may be left. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
    if (this.#left.size === 0 && this.#unsure.size === 0 && this.#displacedFiles === 0)
      rmSync(this.path, { force: true });
  }

  #ended({ desc, code, request, responses }: CallRecord): void {
    const creation = creationOf(desc, request, responses[0]);
    if (creation) {
      if (this.#isForeign(creation)) return;
      if (code === 0 && creation.id !== undefined) {
        const { kind, id, name } = { ...creation, id: creation.id };
        if (kind === "image") this.#unsure.delete(name);
        else this.#podIds.add(id);
        this.#left.set(`${kind} ${kind === "image" ? name : id}`, { ...creation, id });
        this.#write({ type: "made", kind, id, name });
      } else if (creation.kind === "image") {
        this.#unsure.add(creation.name);
      }
      return;
    }
    const removal = removalOf(desc, request);
    if (!removal || (code !== 0 && code !== NOT_FOUND)) return;
    this.#unsure.delete(removal.id);
    for (const [key, { id, name, sandboxId }] of this.#left) {
      // An image goes by its reference or by its id, a container also with its sandbox.
      if (id === removal.id || name === removal.id || sandboxId === removal.id) this.#left.delete(key);
    }
    this.#write({ type: "gone", ...removal });
  }

  #isForeign({ kind, name, id = "" }: Creation): boolean {
    return kind === "image" && [name, fullReference(name), id].some((known) => this.#otherImages.has(known));
  }

  /** A full disk must not decide a spec's verdict, and what is written already can still be read. */
  #write(entry: LedgerEntry): void {
    try {
      writeSync(this.fd, `${JSON.stringify(entry)}\n`);
    } catch {
      // Clean-up in this process does not depend on the file.
    }
  }
}
