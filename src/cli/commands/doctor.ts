import { EnvironmentError, UsageError } from "../../config/errors.js";
import { preflight } from "../../config/preflight.js";
import type { ResolvedEndpoints } from "../../config/resolve-endpoints.js";
import { CriConnection } from "../../cri/client.js";
import { probeRuntime } from "../../harness/probe.js";
import { describeEndpoints, findEndpoints } from "../connect-runtime.js";
import { about, diagnose, type Diagnosis, type Severity } from "../doctor/diagnosis.js";
import { checkCgroups, checkDisk, checkKernel, checkPrivileges } from "../doctor/host-checks.js";
import { checkBusybox, checkRegistry } from "../doctor/image-checks.js";
import { checkLab } from "../doctor/lab-checks.js";
import { checkPod } from "../doctor/pod-check.js";
import { checkConditions, checkFeatures, checkRuntimeHandler } from "../doctor/runtime-checks.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { printJson, printLine, type Terminal } from "../terminal.js";

/** `critique doctor`: what would stop or weaken a run here, each with its remedy. */
export async function execute(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const lab = diagnose("lab", checkLab);
  const [runtime, ...others] = await Promise.all([
    checkRuntime(invocation, lab),
    diagnose("privileges", checkPrivileges),
    diagnose("cgroups", checkCgroups),
    diagnose("kernel", checkKernel),
    diagnose("disk", checkDisk),
    diagnose("test images", checkBusybox),
    lab,
  ]);
  const diagnoses = [...runtime, ...others.flat()];
  const runIsPossible = diagnoses.every(({ severity }) => severity !== "fatal");
  if (options.json) printJson(terminal, { runIsPossible, diagnoses });
  else print(diagnoses, terminal, options.quiet);
  return runIsPossible ? EXIT.asExpected : EXIT.environment;
}

async function checkRuntime(invocation: Invocation, lab: Promise<Diagnosis[]>): Promise<Diagnosis[]> {
  const { warning, fatal } = about("runtime");
  let endpoints: ResolvedEndpoints;
  try {
    endpoints = await findEndpoints(invocation);
  } catch (error) {
    if (!isExpected(error)) throw error;
    // Where nobody named a runtime, a lab is as good as one.
    const labWorks = (await lab).some(({ severity }) => severity === "fine");
    return [labWorks ? warning(error.message, "use --lab") : fatal(error.message, "install and start a runtime")];
  }
  const connection = new CriConnection(endpoints.runtime, endpoints.image);
  try {
    return await examineRuntime(connection, endpoints, invocation.options);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return [fatal(error.message, "or use --lab, a private containerd")];
  } finally {
    connection.close();
  }
}

async function examineRuntime(
  connection: CriConnection,
  endpoints: ResolvedEndpoints,
  { runtimeHandler: handler = "", nriSocket }: Invocation["options"],
): Promise<Diagnosis[]> {
  const { name, version, apiVersion } = await preflight(connection);
  const found = about("runtime").fine(`${name} ${version}, CRI ${apiVersion}; ${describeEndpoints(endpoints)}`);
  const probing = probeRuntime(connection, handler);
  const findings = await Promise.all([
    diagnose("conditions", () => checkConditions(connection)),
    diagnose("handler", () => checkRuntimeHandler(connection, handler)),
    diagnose("registry", () => checkRegistry(connection, name)),
    diagnose("pod", async () => checkPod(connection, handler, await probing)),
    diagnose("features", async () => checkFeatures(await probing, nriSocket)),
  ]);
  return [found, ...findings.flat()];
}

function isExpected(error: unknown): error is Error {
  return error instanceof UsageError || error instanceof EnvironmentError;
}

const MARKS: Readonly<Record<Severity, string>> = { fine: "ok", note: "note", warning: "WARNING", fatal: "STOPS" };

function print(diagnoses: readonly Diagnosis[], terminal: Terminal, quiet: boolean): void {
  const shown = quiet ? diagnoses.filter(({ severity }) => severity !== "fine") : diagnoses;
  const indent = " ".repeat("WARNING  ".length);
  for (const { subject, severity, message, remedy } of shown) {
    printLine(terminal, `${MARKS[severity].padEnd(indent.length)}${subject}: ${message}`);
    if (remedy !== undefined) printLine(terminal, `${indent}remedy: ${remedy.replaceAll("\n", `\n${indent}        `)}`);
  }
  const count = (severity: Severity) => diagnoses.filter((diagnosis) => diagnosis.severity === severity).length;
  const [fatal, warnings] = [count("fatal"), count("warning")];
  const verdict =
    fatal > 0 ? "A run is impossible" : warnings > 0 ? "A run is possible, but weakened" : "A run is possible";
  printLine(terminal, `${verdict}: ${fatal} stop it, ${warnings} weaken it, ${count("note")} to note.`);
}
