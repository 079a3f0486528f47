import { watch, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { formatDurationMs } from "../../support/duration.js";
import { nowNs } from "../core/clock.js";
import { FALLBACK_PERIOD_MS, readLogPart } from "./log-file.js";

/** A marker, the runtime's columns before it and the line's end fit into so much. */
const TAIL_BYTES = 4096;

/** Sees the moment in which a log file ends with a given line; it is told by inotify, and reads the file's end only. */
export class LastLineWatch {
  readonly #path: string;
  readonly #watcher: FSWatcher;
  readonly #buffer = Buffer.alloc(TAIL_BYTES);
  #seenNs: number | undefined;
  #onSeen: ((atNs: number) => void) | undefined;

  /** Begins to watch a folder that exists; the file may come later. */
  constructor(
    folder: string,
    fileName: string,
    private readonly marker: string,
  ) {
    this.#path = join(folder, fileName);
    this.#watcher = watch(folder, (_event, name) => {
      if (name === null || name === fileName) this.#look();
    });
  }

  /**
   * Waits for the line, which may have come before.
   *
   * @returns when it was seen, on the clock of `nowNs`
   * @throws Error after the timeout; the signal's reason when aborted.
   */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<number> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ended = AbortSignal.any([signal, deadline]);
    const fallback = setInterval(() => this.#look(), FALLBACK_PERIOD_MS);
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#onSeen = resolve;
        const fail = () => {
          const late = new Error(
            `${this.#path} did not end with "${this.marker}" within ${formatDurationMs(timeoutMs)}`,
          );
          reject(signal.aborted && signal.reason instanceof Error ? signal.reason : late);
        };
        if (ended.aborted) fail();
        else ended.addEventListener("abort", fail, { once: true });
        if (this.#seenNs !== undefined) resolve(this.#seenNs);
      });
    } finally {
      clearInterval(fallback);
    }
  }

  close(): void {
    this.#watcher.close();
  }

  #look(): void {
    if (this.#seenNs !== undefined || !this.#endsWithMarker()) return;
    this.#seenNs = nowNs();
    this.#onSeen?.(this.#seenNs);
  }

  #endsWithMarker(): boolean {
    return readLogPart(this.#path, "tail", this.#buffer)?.includes(`${this.marker}\n`) ?? false;
  }
}
