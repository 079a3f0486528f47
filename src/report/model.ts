/**
 * What a run says: a stream of plain JSON events, and the results that are folded from it.
 * Nothing here knows how specs are executed; every report is made from these types alone.
 */

/** Version of the shape of events.ndjson and results.json; the major part changes when a reader would break. */
export const SCHEMA_VERSION = "1.0";

/** How much of the ecosystem depends on a behaviour. */
export type Level = "required" | "recommended" | "optional";

/**
 * The one word a spec ends with.
 * - `passed`: observed as the contract says
 * - `failed`: the runtime did something else
 * - `flaky`: failed, then passed on a retry
 * - `notApplicable`: the runtime, handler or host lacks what the behaviour is about
 * - `broken`: the suite or its environment failed; nothing is said about the runtime
 * - `notRun`: never got an outcome
 */
export type Verdict = "passed" | "failed" | "flaky" | "notApplicable" | "broken" | "notRun";

/** Identity of a spec, as declared. */
export interface SpecInfo {
  /** Stable id, for instance `CTR-027`. */
  id: string;
  title: string;
  /** Topic, from the id's prefix, for instance `container`. */
  area: string;
  level: Level;
  /** RPCs the behaviour is about, as the contract names them. */
  rpcs: string[];
  /** The RPC, field or document that demands the behaviour. */
  clause: string;
  /** Features the spec needs; see the closed list in the harness. */
  needs: string[];
  tags: string[];
  /** Titles of the critest specs this one covers. */
  critest: string[];
}

/** One expectation that did not hold. */
export interface Mismatch {
  /** What was looked at, for instance `ContainerStatus.exit_code`. */
  subject: string;
  expected: string;
  seen: string;
}

/** One RPC of a transcript. */
export interface CallEntry {
  method: string;
  /** Start, in milliseconds after the spec began. */
  atMs: number;
  durationMs: number;
  /** gRPC status by name, for instance `OK`. */
  code: string;
  /** The runtime's message when the status is not OK. */
  details?: string;
  /** Redacted JSON of the request; kept for attempts that did not pass. */
  request?: unknown;
  /** Redacted JSON of the reply, or of the first messages of a stream. */
  responses?: unknown[];
}

/** What happened in one attempt at a spec; the first axis of a verdict. */
export type Outcome =
  | { status: "ok" }
  | { status: "mismatch"; mismatches: Mismatch[]; /** How the spec ended when it could not go on. */ note?: string }
  | { status: "notApplicable"; reason: string; lack: Lack }
  | { status: "broken"; reason: string; stack?: string }
  | { status: "notRun"; reason: string };

/**
 * Whose lack makes a behaviour not applicable: the runtime never implemented it, its handler cannot offer it,
 * it is switched off in this configuration, the host has no such thing, or the run's options exclude it.
 */
export type Lack = "runtime" | "handler" | "configuration" | "host" | "options";

export interface Attempt {
  outcome: Outcome;
  durationMs: number;
  calls: CallEntry[];
  /** Notes the spec left: measured values, tolerated alternatives, rates. */
  notes: string[];
  /** Trouble met while removing what the attempt created. */
  cleanup: string[];
  /** What the runtime logged meanwhile, secrets left out; kept for attempts that did not hold, where it could be read. */
  runtimeLog?: string;
  /** Absent where the spec was not run. */
  coverage?: FieldCoverage;
}

/** Fields of the contract, as `Message.field`, that an attempt touched. */
export interface FieldCoverage {
  /** Set in a request. */
  sent: string[];
  /** Set in a reply. */
  received: string[];
  /** Read from a reply by the spec. */
  read: string[];
  /** Read, and looked at by an expectation or by a condition that the spec waits for. */
  asserted?: string[];
}

/** A field of the contract, and where it can occur. */
export interface ContractField {
  /** `Message.field`. */
  name: string;
  in: ("request" | "reply")[];
  /** True for what has a meaning on Windows only. */
  windowsOnly: boolean;
}

/** What no spec of the suite reaches: its name to the reason. */
export interface CoverageExceptions {
  /** RPCs. */
  notCalled: Record<string, string>;
  /** Fields of requests. */
  notSent: Record<string, string>;
  /** Fields of replies. */
  notAsserted: Record<string, string>;
}

/** What was expected of a spec before the run; the second axis of a verdict. */
export interface KnownFailure {
  /** The id or glob as written. */
  pattern: string;
  /** As written, the category included. */
  reason: string;
  /** Absent where the reason does not begin with one. */
  category?: FailureCategory;
  /** Where it was written, `file:line`. */
  where: string;
}

/**
 * Why a runtime is known to fail: it does something else than the contract says, always or in a race that it loses now and
 * then; it has no such thing; or it has it switched off or set otherwise by default.
 */
export type FailureCategory = "defect" | "race" | "unsupported" | "default";

/** What a file says that a runtime has and lacks. */
export interface CapabilityDeclaration {
  /** The file. */
  file: string;
  /** By the feature's name; features that the file does not name may be there or not. */
  features: Record<string, DeclaredFeature>;
}

/** Where the file says so, `file:line`; and for a lack whether there is no such thing or it is switched off by default. */
export type DeclaredFeature =
  | { has: true; where: string }
  | { has: false; where: string; why: Exclude<FailureCategory, "defect" | "race">; reason: string };

/** A fact about the machine or the runtime, for the record. */
export type Facts = Record<string, string | number | boolean | string[]>;

export interface RunInfo {
  schema: string;
  suiteVersion: string;
  runId: string;
  /** Start of the run, ISO 8601. */
  startedAt: string;
  endpoint: string;
  imageEndpoint: string;
  /** Which source named the endpoint, for instance `--runtime-endpoint`. */
  endpointSource: string;
  runtime: { name: string; version: string; apiVersion: string };
  /** Runtime handler asked for; empty means the runtime's default. */
  handler: string;
  host: Facts;
  /** What the probe found: feature name to true, or to the reason why not. */
  capabilities: Record<string, true | string>;
  /** What was declared of the runtime, where something was. */
  declared?: CapabilityDeclaration;
  /** What the contract offers, in its order, so that reports can name what a run never reached. */
  contract?: { rpcs: string[]; fields?: ContractField[]; exceptions?: CoverageExceptions };
  /** Options that shaped the run, redacted. */
  options: Record<string, unknown>;
  /** Seed of the order in which specs started. */
  seed: number;
  parallel: number;
}

/** Lines of events.ndjson, in the order they happened. */
export type RunEvent =
  | {
      type: "runStarted";
      run: RunInfo;
      specs: SpecInfo[];
      /** What was expected of which spec, by id; part of the log so that verdicts can be derived from it alone. */
      knownFailures?: Record<string, KnownFailure>;
    }
  /** An interrupted run goes on under another run id; what went before counts. */
  | { type: "runResumed"; at: string; runId: string }
  | { type: "specStarted"; id: string; at: string }
  | { type: "specEnded"; id: string; at: string; attempt: Attempt }
  | { type: "note"; at: string; text: string }
  | { type: "finding"; at: string; finding: Finding }
  | { type: "streamingOffers"; at: string; offers: StreamingOffer[] }
  | { type: "runEnded"; at: string; end: RunEnd };

/** Whether the streaming server behind the URLs of an RPC speaks one version of a transport. */
export interface StreamingOffer {
  /** `Exec`, `Attach` or `PortForward`. */
  rpc: string;
  /** `spdy`, `websocket`, or `spdy-over-websocket` for the tunnel. */
  transport: string;
  /** Version, for instance `v4.channel.k8s.io`. */
  protocol: string;
  /** True, or why it was not spoken: the server's refusal, or the run's options. */
  offered: true | string;
}

/** Something learned about the runtime or the host outside any spec, for instance a leak. */
export interface Finding {
  /** Who is at fault. */
  about: "runtime" | "host" | "suite";
  title: string;
  details: string[];
  /** The runtime is not as expected, as if a spec had failed. */
  isDeviation?: true;
}

export interface RunEnd {
  how: "completed" | "interrupted" | "runtimeLost" | "failFast" | "timeout" | "crashed";
  reason: string;
  exitCode: number;
  durationMs: number;
  /** Processor time beside the wall time: whether the runtime or the suite was the limit. */
  cpu?: {
    suiteMs: number;
    /** Absent where it could not be read. */
    runtimeMs?: number;
    /** What `runtimeMs` counts. */
    of?: "daemon and shims" | "daemon";
  };
}

/** A spec with everything that is known of it after the run. */
export interface SpecResult extends SpecInfo {
  verdict: Verdict;
  /** False where the verdict differs from what was expected of this spec. */
  asExpected: boolean;
  /** Why, in one sentence; empty for a plain pass. */
  reason: string;
  knownFailure?: KnownFailure;
  /** Set when the verdict is `notApplicable`. */
  lack?: Lack;
  /** Wall time of all attempts. */
  durationMs: number;
  attempts: Attempt[];
}

/** The content of results.json. */
export interface RunResults {
  run: RunInfo;
  /** Absent while a run goes on, and after one that died without a word. */
  end?: RunEnd;
  counts: Record<Verdict, number>;
  specs: SpecResult[];
  findings: Finding[];
  notes: string[];
  /** What the streaming servers speak, by RPC; empty where no spec asked. */
  streaming: StreamingOffer[];
}
