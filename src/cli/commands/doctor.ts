import { EnvironmentError, UsageError } from "../../config/errors.js";
import { preflight } from "../../config/preflight.js";
import { CriConnection } from "../../cri/client.js";
import { EndpointError } from "../../cri/endpoint.js";
import { describeEndpoints, findEndpoints } from "../connect-runtime.js";
import { about, diagnose, type Diagnosis, type Severity } from "../doctor/diagnosis.js";
import { checkCgroups, checkDisk, checkPrivileges } from "../doctor/host-checks.js";
import { checkBusybox, checkRegistry } from "../doctor/image-checks.js";
import { checkLab } from "../doctor/lab-checks.js";
import { checkConditions, checkFeatures, checkRuntimeHandler } from "../doctor/runtime-checks.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { printLine, type Terminal } from "../terminal.js";

/** `critique doctor`: what would stop or weaken a run here, each with its remedy. */
export async function execute(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const [host, lab, runtime] = await Promise.all([
    Promise.all([
      diagnose("privileges", checkPrivileges),
      diagnose("cgroups", checkCgroups),
      diagnose("disk", () => checkDisk(options.reportDir ?? "reports")),
      diagnose("test images", checkBusybox),
    ]),
    diagnose("lab", checkLab),
    checkRuntime(invocation),
  ]);
  const diagnoses = [...runtime, ...host.flat(), ...lab];
  const isPossible = diagnoses.every(({ severity }) => severity !== "fatal");
  if (options.json) printLine(terminal, JSON.stringify({ runIsPossible: isPossible, diagnoses }, undefined, 2));
  else print(diagnoses, terminal, options.quiet);
  return isPossible ? EXIT.asExpected : EXIT.environment;
}

async function checkRuntime(invocation: Invocation): Promise<Diagnosis[]> {
  const { fine, fatal } = about("runtime");
  const handler = invocation.options.runtimeHandler ?? "";
  let connection: CriConnection | undefined;
  try {
    const endpoints = await findEndpoints(invocation);
    const opened = (connection = new CriConnection(endpoints.runtime, endpoints.image));
    const { name, version, apiVersion } = await preflight(opened);
    const found = fine(`${name} ${version}, CRI ${apiVersion}; ${describeEndpoints(endpoints)}`);
    const findings = await Promise.all([
      diagnose("conditions", () => checkConditions(opened)),
      diagnose("handler", () => checkRuntimeHandler(opened, handler)),
      diagnose("registry", () => checkRegistry(opened, name)),
      diagnose("features", () => checkFeatures(opened, handler)),
    ]);
    return [found, ...findings.flat()];
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof EnvironmentError || error instanceof EndpointError))
      throw error;
    return [fatal(error.message, "or use --lab, a private containerd")];
  } finally {
    connection?.close();
  }
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
