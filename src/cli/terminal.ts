import { harmless, harmlessJson } from "../report/escape.js";

/** A stream that text is written to; process.stdout and process.stderr are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Terminal {
  stdout: Output;
  stderr: Output;
}

/** Writes a line of results; what a runtime said in it cannot play with the terminal. */
export function printLine({ stdout }: Terminal, line: string): void {
  stdout.write(`${harmless(line)}\n`);
}

/** Writes a result for machines. */
export function printJson({ stdout }: Terminal, value: unknown): void {
  stdout.write(`${harmlessJson(JSON.stringify(value, undefined, 2))}\n`);
}

/** Writes a line for the person at the terminal. */
export function tell({ stderr }: Terminal, line: string): void {
  stderr.write(`${harmless(line)}\n`);
}
