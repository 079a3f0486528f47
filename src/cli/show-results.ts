import type { RunResults } from "../report/model.js";
import { RunPrinter } from "../report/terminal/run-printer.js";
import type { Invocation } from "./invocation.js";
import { printJson } from "./terminal.js";

/** The printer that the options ask for; with `--json` stdout belongs to the machine. */
export function runPrinter({ options, terminal, env }: Invocation): RunPrinter {
  return new RunPrinter({
    stdout: options.json ? terminal.stderr : terminal.stdout,
    stderr: terminal.stderr,
    env,
    color: !options.noColor,
    quiet: options.quiet,
    verbose: options.verbose,
  });
}

/** Prints what a run came to and where its reports are, and the results as JSON where they are asked for. */
export function showResults(
  printer: RunPrinter,
  results: RunResults,
  { folder, files }: { folder: string; files: Readonly<Record<string, string>> },
  { options, terminal }: Invocation,
): void {
  const html = files["html"];
  printer.finish(results, { folder, ...(html !== undefined && { html }) });
  if (options.json) printJson(terminal, results);
}
