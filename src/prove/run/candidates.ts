import type { Fault, Reach } from "../faults/fault.js";
import type { BaselineRecord } from "../result/model.js";

/** Words of specs that bound the time of a call. */
const PROMPTNESS = "once soon prompt";

/** What all specs together did without a fault, for asking who touches what. */
export class Touched {
  /** In how many specs' texts a word stands: one that is in all of them tells nothing. */
  readonly #frequency = new Map<string, number>();
  readonly #sets = new Map<string, { sent: Set<string>; received: Set<string>; read: Set<string> }>();

  /** @param unimplemented RPCs that this runtime does not have */
  constructor(
    readonly records: readonly BaselineRecord[],
    private readonly unimplemented: ReadonlySet<string>,
  ) {
    for (const { id, sent, received, read, clause, title } of records) {
      for (const word of new Set(wordsOf(`${clause} ${title}`))) {
        this.#frequency.set(word, (this.#frequency.get(word) ?? 0) + 1);
      }
      this.#sets.set(id, { sent: new Set(sent), received: new Set(received), read: new Set(read) });
    }
  }

  /** Whether a spec can notice a fault with this reach. */
  reaches(record: BaselineRecord, reach: Reach): boolean {
    return record.status === "passed" && this.#touches(record, reach);
  }

  /** Ids of the specs that touch what such a fault changes and fail without it. */
  failingAt(reach: Reach): string[] {
    return this.records.filter((each) => each.status === "failed" && this.#touches(each, reach)).map(({ id }) => id);
  }

  /** The specs that touch what such a fault changes and then found that they do not apply. */
  idleAt(reach: Reach): BaselineRecord[] {
    return this.records.filter((record) => record.status === "notApplicable" && this.#touches(record, reach));
  }

  #touches(record: BaselineRecord, { rpcs, sent, received, read, refused }: Reach): boolean {
    const sets = this.#sets.get(record.id);
    if (!sets) return false;
    const called = rpcs.filter((rpc) => record.calls[rpc] !== undefined);
    if (called.length === 0) return false;
    if (refused && !called.some((rpc) => (record.calls[rpc]?.refused ?? 0) > 0)) return false;
    const has = (set: Set<string>, name: string | undefined): boolean => name === undefined || set.has(name);
    return has(sets.sent, sent) && has(sets.received, received) && has(sets.read, read);
  }

  /**
   * The specs that can notice a fault, the likeliest first: those whose clause or title is about the field, those that look at
   * what they sent, those that are about the RPC, and among equals the quickest.
   */
  candidates(fault: Fault): BaselineRecord[] {
    const rank = new Map<string, number>();
    const found = this.records.filter((record) => this.reaches(record, fault.reach));
    for (const record of found) rank.set(record.id, this.rankOf(record, fault));
    return found.sort((a, b) => rank.get(a.id)! - rank.get(b.id)! || a.durationMs - b.durationMs);
  }

  /**
   * Why nothing can be wrong there on this runtime, if so: none of the RPCs is answered, or the field is never in a reply, or the
   * one of a request is in none that succeeds.
   */
  absence({ rpcs, sent, received, refused }: Reach): string | undefined {
    if (refused && !this.records.some(({ calls }) => rpcs.some((rpc) => (calls[rpc]?.refused ?? 0) > 0))) {
      return `no call of ${rpcs.join(", ")} is refused by this runtime`;
    }
    if (rpcs.every((rpc) => this.unimplemented.has(rpc))) return `this runtime does not implement ${rpcs.join(", ")}`;
    const passed = this.records.filter((record) => record.status === "passed");
    const answered = passed.some(({ calls }) =>
      rpcs.some((rpc) => calls[rpc] && (refused || calls[rpc].count > calls[rpc].refused)),
    );
    if (!answered) {
      const asked = passed.some(({ calls }) => rpcs.some((rpc) => calls[rpc]));
      // A request that is always refused may as well say something else. Where nobody has asked, nobody knows.
      return asked && sent !== undefined ? `every call of ${rpcs.join(", ")} is refused here` : undefined;
    }
    if (received === undefined || this.records.some((record) => record.received.includes(received))) return undefined;
    return `this runtime never sends ${received}`;
  }

  /** How far a spec is from a fault; nearer ones, with a lower rank, are tried first. */
  rankOf(record: BaselineRecord, { id, path, rpc, reach, delayMs, family, title }: Fault): number {
    // A fault by hand says in its title what it is about; how long a call takes is the matter of specs that say "at once".
    const told = family === "semantic" ? `${title} ${id}` : delayMs === undefined ? rpc : PROMPTNESS;
    const words = new Set(wordsOf(path?.split(".").at(-1) ?? told));
    const text = new Set(wordsOf(`${record.clause} ${record.title}`));
    const shared = [...words].filter((word) => text.has(word));
    const share = this.#weightOf(shared) / this.#weightOf(words);
    const field = path?.split(".").at(-1);
    const looks = field !== undefined && record.read.some((name) => name.endsWith(`.${field}`));
    const about = reach.rpcs.some((name) => record.rpcs.includes(name));
    // Slow specs go last whatever they are about: there is time for many others meanwhile.
    const slowness = record.durationMs > 15_000 ? 4 : record.durationMs > 5_000 ? 1 : 0;
    // Every call costs the delay once more.
    const patience =
      delayMs === undefined ? 0 : reach.rpcs.reduce((sum, name) => sum + (record.calls[name]?.count ?? 0), 0);
    return patience + slowness - (family === "semantic" ? 8 : 2) * share - (looks ? 1 : 0) - (about ? 1 : 0);
  }

  /** How much words tell: the rarer, the more. */
  #weightOf(words: Iterable<string>): number {
    const weights = [...words].map((word) =>
      Math.log(1 + this.records.length / (1 + (this.#frequency.get(word) ?? 0))),
    );
    return weights.reduce((sum, weight) => sum + weight, 0);
  }
}

/** The words of a name or a sentence, in lower case and without the plural's s. */
function wordsOf(text: string): string[] {
  const parts = text.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return (parts.match(/[a-z0-9]+/g) ?? []).map((word) => word.replace(/s$/, ""));
}
