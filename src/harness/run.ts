import { setMaxListeners } from "node:events";
import { createTempFolder } from "../support/temp-folder.js";
import type { StreamTransport } from "../streaming/index.js";
import { formatDurationMs } from "../support/duration.js";
import { waitUntil } from "../support/wait-until.js";
import type { CriConnection } from "../cri/client.js";
import type { Endpoint } from "../cri/endpoint.js";
import { RPC_NAMES } from "../cri/methods.js";
import { RpcError } from "../cri/rpc-error.js";
import { exitCodeOf } from "../report/exit-code.js";
import {
  SCHEMA_VERSION,
  type Attempt,
  type CoverageExceptions,
  type CapabilityDeclaration,
  type KnownFailure,
  type RunEnd,
  type RunEvent,
  type RunInfo,
  type RunResults,
  type SpecInfo,
} from "../report/model.js";
import { ResultsFold, type Expectations } from "../report/results.js";
import { AdaptiveLimit } from "./adaptive-limit.js";
import { attemptSpec } from "./attempt.js";
import { contractFields } from "./contract-fields.js";
import { readCoverageExceptions } from "./coverage-exceptions.js";
import { ownedSandboxes } from "./ownership.js";
import { compareCapabilities } from "./declared-capabilities.js";
import { capabilities, type FeatureName, type RunTraits } from "./features.js";
import { findNriSocket } from "./nri.js";
import { probeRuntime, type Probe } from "./probe.js";
import { findLeaks, keptNetworks } from "./leak-check.js";
import type { Ledger } from "./ledger/ledger.js";
import { removeSandboxes } from "./removal.js";
import { StrayTasks } from "./stray-tasks.js";
import { RunResources } from "./run-resources.js";
import { RuntimeCpuMeter, type RuntimeCpu } from "./runtime-cpu.js";
import { SandboxPool } from "./sandbox-pool.js";
import { longestFirst, recordedDurations } from "./spec-durations.js";
import { schedule, shuffled } from "./scheduler.js";
import type { Spec } from "./spec.js";
import { StreamingOffers } from "./streaming.js";
import type { TestImages } from "./test-images.js";

/** What a run is made of. */
export interface SuiteRun {
  runId: string;
  suiteVersion: string;
  connection: CriConnection;
  /** Which source named the endpoint, for the record. */
  endpointSource: string;
  /** Runtime handler of all pods; empty for the runtime's default. */
  handler: string;
  /** The selected specs; never empty. */
  specs: readonly Spec[];
  images: TestImages;
  /** Keeps on disk what the run makes. Default: nothing does. */
  ledger?: Ledger;
  /** Streaming transports to use. Default: all. */
  transports?: readonly StreamTransport[];
  /** Hosts that streaming URLs may point to besides this one. Default: none. */
  streamingHosts?: readonly string[];
  /** Specs that run at the same time. */
  parallel: number;
  /** Fewer run at the same time while the runtime answers slowly. Default: no. */
  adaptive?: boolean;
  /** Deadline of a spec that declares none, in milliseconds. */
  timeoutMs: number;
  /** Further attempts at a spec that failed; one that then passes is flaky. */
  retries: number;
  failFast: boolean;
  /** Each spec gets sandboxes of its own, also where another's would do. Default: no. */
  ownSandboxes?: boolean;
  /** Whether specs that need the node for themselves run. Default: no. */
  exclusive?: boolean;
  /** Where the runtime may offer the Node Resource Interface. */
  nriSocket?: string | undefined;
  /** Longest time of the whole run, in milliseconds; then it is wound up with what there is. Default: none. */
  deadlineMs?: number;
  seed: number;
  expectations: Expectations;
  /** What the probe must find of the runtime's capabilities. Default: anything. */
  declared?: CapabilityDeclaration | undefined;
  /** The events of an interrupted run that this one continues; `specs` are those that still have to run. */
  past?: readonly RunEvent[];
  /** Options for the record, redacted. */
  options: Record<string, unknown>;
  /** How long a runtime that stopped answering may take to come back, in milliseconds. Default 10 s. */
  recoveryMs?: number;
  /** Told of every event as it happens. */
  onEvent: (event: RunEvent) => void;
  /** Ends the run early; specs under way are cleaned up. A reason named StrayError makes it a crash of the suite. */
  signal: AbortSignal;
}

/** A runtime that was killed by its supervisor is usually back well within this time. */
const RECOVERY_MS = 10_000;

/** VM-based handlers stop within a few seconds. */
const REMOVAL_TIMEOUT_MS = 30_000;

/**
 * Runs the selected specs and returns their results. Every selected spec has exactly one result, whatever happens.
 * @throws RpcError when the runtime does not answer the first calls; nothing was created then
 */
export async function runSuite(input: SuiteRun): Promise<RunResults> {
  return new SuiteRunner(input).run();
}

class SuiteRunner {
  readonly #fold: ResultsFold;
  readonly #stop = new AbortController();
  readonly #startedMs = performance.now();
  #end: { how: RunEnd["how"]; reason: string } | undefined;
  #recovery: Promise<boolean> | undefined;
  /** How long the run took before it was resumed, where it had an end. */
  #pastMs = 0;

  constructor(private readonly input: SuiteRun) {
    this.#fold = new ResultsFold(input.expectations);
    for (const event of input.past ?? []) {
      this.#fold.add(event);
      if (event.type === "runEnded") this.#pastMs = event.end.durationMs;
    }
    // Every spec under way listens.
    setMaxListeners(0, this.#stop.signal);
  }

  async run(): Promise<RunResults> {
    const { input } = this;
    const onSignal = (): void => {
      const reason: unknown = input.signal.reason;
      if (reason instanceof Error && reason.name === "StrayError") this.#stopWith("crashed", reason.message);
      else this.#stopWith("interrupted", "stopped by a signal");
    };
    input.signal.addEventListener("abort", onSignal, { once: true });
    const [probe, cpu, networks] = await Promise.all([
      probeRuntime(input.connection, input.handler),
      RuntimeCpuMeter.start(input.connection.runtimeEndpoint.socketPath),
      keptNetworks(),
    ]);
    const folder = await createTempFolder("run");
    const { runId, connection, images, handler, transports = ["spdy", "websocket"] } = input;
    const offers = new StreamingOffers(
      transports,
      [...hostOf(connection.runtimeEndpoint), ...(input.streamingHosts ?? [])],
      (found) => this.#emit({ type: "streamingOffers", at: new Date().toISOString(), offers: found }),
    );
    const nriSocket = await findNriSocket(input.nriSocket);
    const limit = input.adaptive ? new AdaptiveLimit(input.parallel, (text) => this.#note(text)) : undefined;
    const traits: RunTraits = {
      ownRegistry: images.registry !== undefined,
      exclusive: input.exclusive ?? false,
      ...(nriSocket !== undefined && { nriSocket }),
      ...(input.declared && { declared: input.declared }),
    };
    const resources = new RunResources(
      runId,
      connection,
      probe,
      images,
      handler,
      folder.path,
      offers,
      traits,
      input.ledger,
      (call) => limit?.observe(call),
      input.ownSandboxes
        ? undefined
        : new SandboxPool(connection.rpc({ timeoutMs: REMOVAL_TIMEOUT_MS, ...input.ledger?.hooks })),
    );
    input.ledger?.begin(folder.path, probe.otherImages);
    if (input.past) this.#emit({ type: "runResumed", at: new Date().toISOString(), runId });
    else await this.#start(probe, traits);
    if (input.signal.aborted) onSignal();
    this.#noteExclusive();
    const deadline = this.#startDeadline();

    const ordered = longestFirst(shuffled(input.specs, input.seed), await recordedDurations());
    const jobs = ordered.map((spec) => ({
      id: spec.info.id,
      locks: spec.locks,
      waits: spec.waits,
      run: () => this.#runSpec(spec, resources).finally(() => limit?.specEnded()),
    }));
    await schedule(
      jobs,
      () => limit?.current ?? input.parallel,
      () => this.#end !== undefined,
    );
    clearTimeout(deadline);

    await this.#release(resources);
    if (probe.local) await this.#findLeaks(networks);
    input.signal.removeEventListener("abort", onSignal);
    return this.#conclude(await cpu?.since());
  }

  async #start(probe: Probe, traits: RunTraits): Promise<void> {
    const exceptions = await readCoverageExceptions();
    const specs = this.input.specs.map((spec) => spec.info);
    const knownFailures = Object.fromEntries(specs.flatMap(({ id }) => this.#knownFailure(id)));
    const run = this.#info(probe, traits, exceptions);
    this.#emit({ type: "runStarted", run, specs, knownFailures });
    const finding = run.declared && compareCapabilities(run.declared, run.capabilities);
    if (finding) this.#finding(finding);
  }

  /** The deadline counts from the start of the run, so that the probe cannot add to it. */
  #startDeadline(): NodeJS.Timeout | undefined {
    const { deadlineMs } = this.input;
    if (deadlineMs === undefined) return undefined;
    const leftMs = deadlineMs - (performance.now() - this.#startedMs);
    return setTimeout(
      () => this.#stopWith("timeout", `its deadline of ${formatDurationMs(deadlineMs)} has passed`),
      Math.max(0, leftMs),
    );
  }

  /** What is left out must not go unnoticed. */
  #noteExclusive(): void {
    const { specs, exclusive } = this.input;
    const ids = specs.filter((spec) => needsNodeAlone(spec.info)).map((spec) => spec.info.id);
    if (exclusive || ids.length === 0) return;
    const text = `left out, because they need the node for themselves: ${ids.join(", ")}; --exclusive runs them`;
    this.#note(text);
  }

  async #runSpec(spec: Spec, resources: RunResources): Promise<void> {
    const { id } = spec.info;
    for (let left = this.input.retries; ; left--) {
      this.#emit({ type: "specStarted", id, at: new Date().toISOString() });
      const options = { timeoutMs: spec.timeoutMs ?? this.input.timeoutMs, stop: this.#stop.signal };
      const attempt = await attemptSpec(spec, resources, options);
      if (attempt.outcome.status === "mismatch" && !(await this.#runtimeIsBack())) {
        attempt.outcome = { status: "broken", reason: "the runtime stopped answering while this spec was under way" };
      }
      this.#emit({ type: "specEnded", id, at: new Date().toISOString(), attempt });
      if (!this.#mayRetry(attempt, id, left)) break;
    }
    if (this.input.failFast && this.#isUnexpected(id))
      this.#stopWith("failFast", `${id} was not as expected and --fail-fast is set`);
  }

  #knownFailure(id: string): [string, KnownFailure][] {
    const known = this.input.expectations(id);
    return known ? [[id, known]] : [];
  }

  #mayRetry(attempt: Attempt, id: string, left: number): boolean {
    return left > 0 && attempt.outcome.status === "mismatch" && !this.#end && this.input.expectations(id) === undefined;
  }

  #isUnexpected(id: string): boolean {
    return this.#fold.results().specs.some((spec) => spec.id === id && !spec.asExpected);
  }

  /** Something went wrong: if it was the runtime that went, waits for it to come back, or stops the run. */
  #runtimeIsBack(): Promise<boolean> {
    this.#recovery ??= this.#awaitRuntime().finally(() => (this.#recovery = undefined));
    return this.#recovery;
  }

  async #awaitRuntime(): Promise<boolean> {
    const rpc = this.input.connection.rpc({ timeoutMs: 2_000 });
    const startedMs = performance.now();
    let unanswered = 0;
    const answers = async (): Promise<boolean> => {
      try {
        await rpc.version({});
        return true;
      } catch {
        unanswered++;
        return false;
      }
    };
    try {
      await waitUntil(answers, {
        description: "the runtime to answer again",
        timeoutMs: this.input.recoveryMs ?? RECOVERY_MS,
      });
    } catch {
      this.#stopWith("runtimeLost", `the runtime at ${this.input.connection.runtimeEndpoint.uri} stopped answering`);
      return false;
    }
    if (unanswered > 0) {
      const details = [`it answered again after ${formatDurationMs(performance.now() - startedMs)}`];
      this.#finding({ about: "runtime", title: "The runtime stopped answering during the run", details });
    }
    return true;
  }

  /** Removes what the run shares, then looks for what is left; a sandbox still there is a finding. */
  async #release(resources: RunResources): Promise<void> {
    const lost = this.#end?.how === "runtimeLost";
    const kept = lost ? [] : await resources.sandboxes?.drain();
    if (kept?.length)
      this.#finding({ about: "runtime", title: "Removing the sandboxes that specs shared failed", details: kept });
    if (!lost) await this.#removeLeftovers(resources.sandboxes);
    const trouble = await resources.release(!lost);
    this.input.ledger?.close();
    if (trouble.length > 0 && !lost) {
      this.#finding({ about: "runtime", title: "Removing the test images failed", details: trouble });
    }
  }

  async #removeLeftovers(pool?: SandboxPool): Promise<void> {
    const rpc = this.input.connection.rpc({ timeoutMs: REMOVAL_TIMEOUT_MS, ...this.input.ledger?.hooks });
    try {
      const owned = await ownedSandboxes(rpc, this.input.runId);
      if (owned.length === 0) return this.input.ledger?.podsAreGone();
      const left = owned.map((sandbox) => ({ ...sandbox, specId: pool?.lastUser(sandbox.id) ?? sandbox.specId }));
      const details = left.map(({ id, name, specId }) => `sandbox ${id} (${name}), left by ${specId}`);
      this.#finding({
        about: "runtime",
        title: "Pod sandboxes were left although their removal was asked for",
        details,
        // What a known failure leaves is known with it.
        ...(left.some(({ specId }) => !this.input.expectations(specId)) && { isDeviation: true }),
      });
      const ids = left.map(({ id }) => id);
      const strayTasks = new StrayTasks(this.input.connection);
      const stuck = await removeSandboxes(rpc, ids, strayTasks);
      if (strayTasks.deleted.length > 0) {
        const title = "Some of them the runtime removed only after its own tasks service was called";
        this.#finding({ about: "runtime", title, details: strayTasks.deleted });
      }
      if (stuck.length === 0) return this.input.ledger?.podsAreGone();
      this.#finding({ about: "runtime", title: "Removing what was left failed", details: stuck });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#finding({ about: "runtime", title: "Looking for leftovers failed", details: [error.message] });
    }
  }

  /** What the runtime itself left of pods that it said it had removed. */
  async #findLeaks(before: ReadonlyMap<string, string>): Promise<void> {
    if (this.#end?.how === "runtimeLost") return;
    const details = await findLeaks(this.input.ledger?.removedPodIds() ?? new Set(), new Set(before.keys()));
    if (details.length === 0) return;
    this.#finding({ about: "runtime", title: "The runtime left something of pods that it had removed", details });
  }

  #conclude(runtimeCpu: RuntimeCpu | undefined): RunResults {
    const { how, reason } = this.#end ?? { how: "completed" as const, reason: "every selected spec was run" };
    const exitCode = exitCodeOf(how, this.#fold.results());
    const durationMs = this.#pastMs + performance.now() - this.#startedMs;
    const { user, system } = process.cpuUsage();
    const cpu = {
      suiteMs: (user + system) / 1e3,
      ...(runtimeCpu && { runtimeMs: runtimeCpu.cpuMs, of: runtimeCpu.of }),
    };
    this.#emit({ type: "runEnded", at: new Date().toISOString(), end: { how, reason, exitCode, durationMs, cpu } });
    return this.#fold.results();
  }

  #info(probe: Probe, traits: RunTraits, exceptions: CoverageExceptions): RunInfo {
    const { input } = this;
    const { runtimeName, runtimeVersion, runtimeApiVersion } = probe.version;
    return {
      schema: SCHEMA_VERSION,
      suiteVersion: input.suiteVersion,
      runId: input.runId,
      startedAt: new Date().toISOString(),
      endpoint: input.connection.runtimeEndpoint.uri,
      imageEndpoint: input.connection.imageEndpoint.uri,
      endpointSource: input.endpointSource,
      runtime: { name: runtimeName, version: runtimeVersion, apiVersion: runtimeApiVersion },
      handler: input.handler,
      host: { ...probe.host, cgroupDriver: probe.cgroupDriver },
      capabilities: capabilities(probe, traits),
      ...(input.declared && { declared: input.declared }),
      options: input.options,
      seed: input.seed,
      parallel: input.parallel,
      contract: { rpcs: [...RPC_NAMES], fields: contractFields(), exceptions },
    };
  }

  #stopWith(how: RunEnd["how"], reason: string): void {
    this.#end ??= { how, reason };
    // --fail-fast lets specs under way finish; every other end stops them.
    if (how !== "failFast") this.#stop.abort();
  }

  #note(text: string): void {
    this.#emit({ type: "note", at: new Date().toISOString(), text });
  }

  #finding(finding: Extract<RunEvent, { type: "finding" }>["finding"]): void {
    this.#emit({ type: "finding", at: new Date().toISOString(), finding });
  }

  #emit(event: RunEvent): void {
    this.#fold.add(event);
    this.input.onEvent(event);
  }
}

const needsNodeAlone = ({ needs }: SpecInfo): boolean => needs.includes("no-other-pods" satisfies FeatureName);

/** A runtime on another machine gives URLs of that machine. */
function hostOf({ uri, socketPath }: Endpoint): string[] {
  return socketPath === undefined ? [new URL(uri).hostname] : [];
}
