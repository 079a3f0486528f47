import { systemErrorCode } from "../config/errors.js";
import { parseCommandLine, type CommandLine } from "./command-line.js";
import { EXIT } from "./exit-codes.js";
import { describeError } from "./describe-error.js";
import { loadCommand } from "./load-command.js";
import { readSettings } from "./settings.js";
import { handOverStrayError } from "./stray-errors.js";
import { tell, type Terminal } from "./terminal.js";
import { packageVersion } from "./version.js";

/**
 * Does what a command line asks for.
 *
 * @param args what follows the program's name
 * @returns the exit code; nothing is thrown, every error has been told on stderr
 */
export async function main(args: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const wantsStack = args.includes("--verbose") || args.includes("-v");
  try {
    const line = parseCommandLine(args, await packageVersion(), terminal);
    return line === undefined ? EXIT.asExpected : await execute(line, env, terminal);
  } catch (error) {
    const { text, exitCode } = describeError(error, wantsStack);
    tell(terminal, text);
    return exitCode;
  }
}

/** Runs this process as the program: `main` with the process's arguments, then the end of the process. */
export async function start(): Promise<never> {
  const terminal: Terminal = { stdout: process.stdout, stderr: process.stderr };
  // A stray rejection must not end with Node's exit code 1, which means that the runtime misbehaved.
  process.on("uncaughtException", (error) => {
    tell(terminal, describeError(error, true).text);
    if (handOverStrayError(error)) return;
    process.exit(EXIT.environment);
  });
  process.stdout.on("error", (error: Error) => {
    // Whoever read the output has had enough; the work goes on.
    if (systemErrorCode(error) === "EPIPE") return;
    tell(terminal, `stdout cannot be written: ${error.message}`);
    process.exit(EXIT.environment);
  });
  process.stderr.on("error", () => undefined);
  const code = await main(process.argv.slice(2), process.env, terminal);
  // The end of the process would throw away what a pipe has not taken yet.
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(code);
}

/** Resolves when a stream has handed on everything, or can no longer do so. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

async function execute({ command, given, operands }: CommandLine, env: NodeJS.ProcessEnv, terminal: Terminal) {
  const settings = await readSettings(command, given, env);
  const module = await loadCommand(command);
  return module.execute({ command, given, operands, env, terminal, ...settings });
}
