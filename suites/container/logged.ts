import { joinLines, until, type Container } from "../../src/harness/index.js";

/** The lines that a container has logged so far, without the carriage return of a terminal, which only some runtimes keep. */
export async function loggedLines(container: Container): Promise<string[]> {
  return joinLines((await container.log()).entries).map((line) => line.replace(/\r$/, ""));
}

/** Waits for a line that a container logs, for instance to say that its traps are set. */
export async function untilLogged(container: Container, line: string): Promise<void> {
  let lines: string[] = [];
  await until(
    `the log to hold the line ${JSON.stringify(line)}`,
    async () => (lines = await loggedLines(container)).includes(line),
    { seen: () => `the lines ${JSON.stringify(lines)}`.slice(0, 1_000) },
  );
}
