import { EXIT, type ExitCode } from "./exit-codes.js";

/**
 * Errors of other areas whose message is meant for the user as it stands, by name, because importing their classes would
 * load what few commands need.
 */
const EXIT_CODE_BY_NAME: Readonly<Record<string, ExitCode>> = {
  UsageError: EXIT.usage,
  EndpointError: EXIT.usage,
  ThresholdError: EXIT.usage,
  UnknownScenarioError: EXIT.usage,
  ReportFolderError: EXIT.usage,
  EventLogError: EXIT.usage,
  MergeError: EXIT.usage,
  OtherRunError: EXIT.usage,
  DeclarationError: EXIT.usage,
  BusyboxNotFoundError: EXIT.environment,
  EnvironmentError: EXIT.environment,
  LabError: EXIT.environment,
  RpcError: EXIT.environment,
  ProcessError: EXIT.environment,
  WaitTimeoutError: EXIT.environment,
  Interrupted: EXIT.interrupted,
};

/** What to tell of an error, and the exit code it ends the program with. A stack is shown for our own faults only. */
export function describeError(error: unknown, wantsStack: boolean): { text: string; exitCode: ExitCode } {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const exitCode = EXIT_CODE_BY_NAME[name];
  if (exitCode !== undefined) return { text: say(message), exitCode };
  const advice = "This is a fault of critique: please report it with what --verbose shows.";
  return { text: `${say(wantsStack ? (stack ?? message) : message)}\n${advice}`, exitCode: EXIT.environment };
}

function say(message: string): string {
  // A path or an endpoint at the beginning stays as it is.
  const text = /^[a-z]+ /.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return `critique: ${/[.?!]$/.test(text) ? text : `${text}.`}`;
}
