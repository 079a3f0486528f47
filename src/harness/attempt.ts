import { codeName } from "../cri/rpc-error.js";
import { DEFAULT_TIMEOUT_MS, type CallRecord } from "../cri/client.js";
import { redact } from "../cri/redact.js";
import { StreamingError } from "../streaming/index.js";
import type { Attempt, CallEntry, Outcome } from "../report/model.js";
import { formatDurationMs } from "../support/duration.js";
import { Coverage } from "./coverage.js";
import { Cleanup } from "./cleanup.js";
import { outcomeOfMissing } from "./declared-capabilities.js";
import { firstMissing, type FeatureName } from "./features.js";
import { executeWithMocha } from "./mocha-bridge.js";
import { NriWatch } from "./nri.js";
import { EnvironmentError, ExpectationFailed, NotApplicable, outcomeOf } from "./outcome.js";
import { Names } from "./ownership.js";
import { patience } from "./patience.js";
import type { RunResources } from "./run-resources.js";
import { RuntimeClient } from "./runtime-client.js";
import type { Spec } from "./spec.js";
import type { SpecContext } from "./spec-context.js";
import { SpecImages } from "./spec-images.js";
import { SpecRun, withRun } from "./spec-run.js";
import { StreamingClient } from "./streaming.js";
import { lateButFair } from "./until.js";

/** After its deadline a spec has this long to let go of what it waits for; then it is left behind. */
const LETTING_GO_MS = 1_000;

export interface AttemptOptions {
  /** Deadline of the spec in milliseconds, on a busy node in proportion longer. */
  timeoutMs: number;
  /** Aborted when the run is stopped from outside. */
  stop: AbortSignal;
}

/** Runs a spec once, from the check of its needs to its clean-up. Never rejects. */
export async function attemptSpec(spec: Spec, run: RunResources, options: AttemptOptions): Promise<Attempt> {
  const { id, needs } = spec.info;
  const missing = firstMissing(needs as FeatureName[], run.probe, run.traits);
  if (missing) {
    const outcome = outcomeOfMissing(missing, run.traits.declared);
    return { outcome, durationMs: 0, calls: [], notes: [], cleanup: [] };
  }
  const record = new SpecRun(id, run.ledger);
  const names = new Names(run.runId, id);
  const coverage = new Coverage(record.reads);
  const { hooks } = run.ledger ?? {};
  const cleanup = new Cleanup(
    run.cleanupConnection.rpc(hooks),
    run.runId,
    id,
    (reference, imageRef) => run.isShared(reference) || run.isForeign(reference, imageRef),
    run.sandboxes,
  );
  const rpc = run.connection.rpc({
    signal: record.signal,
    timeoutMs: DEFAULT_TIMEOUT_MS * patience(),
    ...(hooks && { onSend: hooks.onSend }),
    wrapResponse: (response) => coverage.watched(response),
    onReply: ({ message }) => coverage.received(message),
    onCall: (call) => {
      record.calls.push(call);
      hooks?.onCall(call);
      run.onCall?.(call);
      coverage.sent(call.request);
      cleanup.observe(call);
    },
  });
  const context = makeContext(record, rpc, names, cleanup, run);

  const deadline = startDeadline(record, options);
  const { thrown } = await executeWithMocha(id, () =>
    withRun(record, () => Promise.race([spec.body(context), deadline.passed])),
  );
  deadline.clear();
  const outcome = conclude(record, thrown, deadline);
  const durationMs = performance.now() - record.startedMs;
  if (durationMs > options.timeoutMs && outcome.status === "ok")
    record.notes.push(lateButFair("the end of the spec", durationMs, options.timeoutMs));
  record.abort("the spec has ended");
  return {
    outcome,
    durationMs,
    calls: record.calls.map((call) => callEntry(call, record.startedMs, outcome.status !== "ok")),
    notes: record.notes,
    coverage: coverage.result(),
    cleanup: await cleanup.run(outcome.status === "ok"),
  };
}

interface Deadline {
  /** Rejects some time after the deadline, for a spec that does not let go. */
  passed: Promise<never>;
  why: () => "deadline" | "stop" | undefined;
  /** How long the spec may take as the node is now, in milliseconds. */
  allowedMs: () => number;
  clear: () => void;
}

function startDeadline(record: SpecRun, { timeoutMs, stop }: AttemptOptions): Deadline {
  let why: "deadline" | "stop" | undefined;
  let lettingGo: NodeJS.Timeout | undefined;
  let leave: (error: Error) => void = () => undefined;
  const passed = new Promise<never>((_resolve, reject) => (leave = reject));
  passed.catch(() => undefined);
  const end = (reason: "deadline" | "stop"): void => {
    why ??= reason;
    record.abort(reason);
    lettingGo ??= setTimeout(() => leave(new Error("the spec did not end after its deadline")), LETTING_GO_MS);
  };
  const allowedMs = (): number => timeoutMs * patience();
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const leftMs = allowedMs() - (performance.now() - record.startedMs);
    if (leftMs > 0) timer = setTimeout(check, leftMs);
    else end("deadline");
  };
  check();
  const onStop = (): void => end("stop");
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) end("stop");
  return {
    passed,
    why: () => why,
    allowedMs,
    clear: () => {
      clearTimeout(timer);
      clearTimeout(lettingGo);
      stop.removeEventListener("abort", onStop);
    },
  };
}

function conclude(record: SpecRun, thrown: unknown, deadline: Deadline): Outcome {
  const why = deadline.why();
  if (why === "stop") return { status: "notRun", reason: "the run was stopped while this spec was under way" };
  if (why !== "deadline" || thrown === undefined) return outcomeOf(record.mismatches, thrown);
  // Calls under way at the deadline were cancelled by it.
  const unanswered = record.calls.filter((call) => codeName(call.code) === "Canceled").map((call) => call.method);
  if (thrown instanceof ExpectationFailed && unanswered.length === 0) return outcomeOf(record.mismatches, thrown);
  const inSession = thrown instanceof StreamingError;
  const within = formatDurationMs(deadline.allowedMs());
  if (unanswered.length === 0 && !inSession && record.mismatches.length === 0) {
    return {
      status: "broken",
      reason: `the spec did not end within ${within} although no call was unanswered`,
    };
  }
  const waiting = inSession ? "still waiting in a streaming session" : "still waiting";
  const seen = unanswered.length > 0 ? `no answer to ${unanswered.join(", ")}` : waiting;
  const mismatch = { subject: "the spec", expected: `to end within ${within}`, seen };
  return { status: "mismatch", mismatches: [...record.mismatches, mismatch] };
}

function makeContext(
  record: SpecRun,
  rpc: SpecContext["rpc"],
  names: Names,
  cleanup: Cleanup,
  run: RunResources,
): SpecContext {
  let folders = 0;
  const note = (text: string): void => void record.notes.push(text);
  const tempFolder = (purpose: string): Promise<string> => run.newFolder(names.specId, `${purpose}-${folders++}`);
  const ensureImage = (name: string): Promise<string> => run.ensureImage(name);
  return {
    rpc,
    runtime: new RuntimeClient({
      rpc,
      names,
      handler: run.handler,
      cgroupDriver: run.probe.cgroupDriver,
      ensureImage,
      logDirectory: () => tempFolder("logs"),
      takeSandbox: () => run.sandboxes?.take() ?? Promise.resolve(undefined),
      lendSandbox: (sandbox) => cleanup.borrow(sandbox),
    }),
    streaming: new StreamingClient({
      rpc,
      signal: record.signal,
      offers: run.streaming,
      note,
    }),
    images: new SpecImages({
      shared: run.images,
      names,
      ensure: ensureImage,
      hold: async (reference) => cleanup.deferLast(await run.holdImage(reference)),
      defer: (step) => cleanup.defer(step),
    }),
    probe: run.probe,
    connectNri: async (options) => {
      const { nriSocket } = run.traits;
      if (nriSocket === undefined) throw new EnvironmentError(`${names.specId} uses NRI but does not need "nri".`);
      const watch = await NriWatch.connect(nriSocket, names, options);
      cleanup.defer(() => Promise.resolve(watch.close()));
      return watch;
    },
    names,
    signal: record.signal,
    tempFolder,
    note,
    defer: (step) => cleanup.defer(step),
    deferLast: (step) => cleanup.deferLast(step),
    notApplicable: (reason, lack) => {
      throw new NotApplicable(reason, lack);
    },
  };
}

/** Bodies are kept where they may explain something; a passed spec's transcript stays small. */
function callEntry(call: CallRecord, startedMs: number, withBodies: boolean): CallEntry {
  return {
    method: call.method,
    atMs: call.startedMs - startedMs,
    durationMs: call.durationMs,
    code: codeName(call.code),
    ...(call.details !== undefined && { details: call.details }),
    ...(withBodies && {
      request: redact(call.desc.input, call.request),
      responses: call.responses.map((response) => redact(call.desc.output, response)),
    }),
  };
}
