import { randomInt } from "node:crypto";
import { join } from "node:path";
import { newRunId } from "../harness/ownership.js";
import { runSuite } from "../harness/run.js";
import type { Spec } from "../harness/spec.js";
import type { StreamTransport } from "../streaming/index.js";
import type { CapabilityDeclaration } from "../report/model.js";
import type { Expectations } from "../report/results.js";
import type { ConnectedRuntime } from "./connect-runtime.js";
import { EXIT } from "./exit-codes.js";
import { catchInterrupts } from "./interrupts.js";
import type { Invocation } from "./invocation.js";
import { LAB_VARIABLE } from "./lab-variable.js";
import { openTestImages } from "./open-test-images.js";
import { recordedOptions } from "./recorded-options.js";
import { openLedger, recoverLeftovers } from "./recover-leftovers.js";
import { chooseFormats, reportOptions } from "./report-formats.js";
import type { StoredRun } from "./run-folder.js";
import { RunReports } from "./run-reports.js";
import { foundBenchmarks, type ShownBenchmarks } from "./shown-benchmarks.js";
import { runPrinter, showResults } from "./show-results.js";
import { RuntimeLog } from "./runtime-log.js";
import { catchStrayErrors } from "./stray-errors.js";
import { tell } from "./terminal.js";
import { packageVersion } from "./version.js";

/** What is validated, and against what. */
export interface Validation {
  runtime: ConnectedRuntime;
  specs: readonly Spec[];
  expectations: Expectations;
  /** What was declared of the runtime's capabilities. */
  declared?: CapabilityDeclaration | undefined;
  /** The measurements that `--bench` names. Default: those in the folder of the reports. */
  benchmarks?: ShownBenchmarks | undefined;
  /** The interrupted run that this one continues, in its folder. */
  resumed?: StoredRun;
}

/**
 * Runs the specs, shows them as they end and writes the reports.
 *
 * @returns the exit code
 * @throws ReportFolderError when the report folder cannot be written to
 */
export async function validateRuntime(
  invocation: Invocation,
  { runtime, specs, expectations, declared, benchmarks, resumed }: Validation,
) {
  const { options, terminal } = invocation;
  const runId = newRunId();
  const folder = resumed?.folder ?? options.reportDir ?? join("reports", runId);
  const prefix = resumed?.prefix ?? options.reportPrefix;
  const past = resumed?.events;
  using interrupts = catchInterrupts(terminal);
  using strays = catchStrayErrors();
  const printer = runPrinter(invocation);
  const shown = benchmarks ?? (await foundBenchmarks(folder));
  const images = await openTestImages(options);
  await recoverLeftovers(runtime.connection, terminal, options.quiet);
  const { runtime: endpoint, image: imageEndpoint } = runtime.endpoints;
  const ledger = await openLedger({ runId, endpoint: endpoint.uri, imageEndpoint: imageEndpoint.uri }, terminal);
  try {
    const formats = chooseFormats(options.formats);
    const reports = new RunReports({
      folder,
      prefix,
      formats,
      reportOptions: { ...reportOptions(options), ...shown },
      ...(past && { past }),
    });
    const runtimeLog = options.runtimeLog === undefined ? undefined : new RuntimeLog(options.runtimeLog);
    if (past) printer.takeUp(past);
    const { end } = await runSuite({
      runId,
      suiteVersion: await packageVersion(),
      connection: runtime.connection,
      endpointSource: runtime.endpoints.endpointSource,
      handler: options.runtimeHandler ?? "",
      specs,
      images,
      ...(ledger && { ledger }),
      transports: transportsOf(options),
      streamingHosts: options.streamingHosts ?? [],
      parallel: options.parallel,
      adaptive: !invocation.sources.has("parallel"),
      timeoutMs: options.timeoutMs,
      retries: options.retries,
      ownSandboxes: options.ownSandboxes,
      failFast: options.failFast,
      // A lab of its own is nobody else's.
      exclusive: options.exclusive || invocation.env[LAB_VARIABLE] !== undefined,
      nriSocket: options.nriSocket,
      ...(options.deadlineMs !== undefined && { deadlineMs: options.deadlineMs }),
      ...(past && { past }),
      seed: options.seed ?? randomInt(1 << 30),
      expectations,
      declared,
      options: recordedOptions(invocation),
      onEvent: (event) => printer.onEvent(reports.add(runtimeLog?.annotate(event) ?? event)),
      signal: AbortSignal.any([interrupts.signal, strays.signal]),
    });
    const { results, files, troubles } = await reports.finish();
    showResults(printer, results, { folder, files }, invocation);
    if (runtimeLog?.trouble !== undefined) tell(terminal, `critique: ${runtimeLog.trouble}`);
    for (const trouble of troubles) tell(terminal, `critique: ${trouble}`);
    const exitCode = end?.exitCode ?? EXIT.environment;
    return exitCode === EXIT.asExpected && troubles.length > 0 ? EXIT.environment : exitCode;
  } finally {
    ledger?.close();
    await images.close();
  }
}

/** --spdy and --websocket leave the other one out; neither or both leave none out. */
function transportsOf({ spdy, websocket }: Invocation["options"]): StreamTransport[] {
  const all: StreamTransport[] = ["spdy", "websocket"];
  return spdy === websocket ? all : [spdy ? "spdy" : "websocket"];
}
