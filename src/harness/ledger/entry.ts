import type { ProcessIdentity } from "../../support/process-identity.js";

/** What a run can leave in a runtime. */
export type ObjectKind = "sandbox" | "container" | "image";

/** Lines of a run's ledger, in the order they were written; the first is the `run`. */
export type LedgerEntry =
  | {
      type: "run";
      runId: string;
      startedAt: string;
      endpoint: string;
      imageEndpoint: string;
      host: string;
      /** Namespace that the pid counts in, as /proc/self/ns/pid names it. */
      pidNamespace: string;
      process: ProcessIdentity;
    }
  /** About to be asked for; `name` is the object's name, of an image its reference. */
  | { type: "asked"; kind: ObjectKind; name: string }
  | { type: "made"; kind: ObjectKind; id: string; name: string }
  | { type: "gone"; kind: ObjectKind; id: string }
  /** A private folder on the host that goes with the run. */
  | { type: "folder"; path: string }
  /** A file of the host that is out of its place for a moment. */
  | { type: "moved"; from: string; to: string }
  /** A file that was put on the host for a moment. */
  | { type: "placed"; path: string };

export type RunEntry = Extract<LedgerEntry, { type: "run" }>;
