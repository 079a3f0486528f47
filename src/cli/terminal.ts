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

/** Writes a line of results. */
export function printLine({ stdout }: Terminal, line: string): void {
  stdout.write(`${line}\n`);
}

/** Writes a line for the person at the terminal. */
export function tell({ stderr }: Terminal, line: string): void {
  stderr.write(`${line}\n`);
}
