import { IDLE, sh, until, type Container, type ParsedLog } from "../../src/harness/index.js";

/**
 * A command that writes and then stays: what a container writes just before it ends is lost by some runtimes, which
 * LOG-016 judges and the others leave out.
 */
export const writing = (script: string): string[] => sh(`${script}; ${IDLE[2]}`);

/** The log once it holds a number of finished lines. */
export function logOf(container: Container, lines: number): Promise<ParsedLog> {
  return logWith(container, `${lines} finished lines`, (log) => finishedLines(log) >= lines);
}

/** The log once it has what is asked for. */
export async function logWith(
  container: Container,
  what: string,
  holds: (log: ParsedLog) => boolean,
): Promise<ParsedLog> {
  let log: ParsedLog | undefined;
  return until(
    `the log to hold ${what}`,
    async () => {
      log = await container.log();
      return holds(log) && log;
    },
    { timeoutMs: 30_000, seen: () => describeLog(log) },
  );
}

export const finishedLines = ({ entries }: ParsedLog): number => entries.filter(({ tag }) => tag === "F").length;

/** Stream, tag and content of each entry, as an expectation compares them. */
export const contents = ({ entries }: ParsedLog): string[] =>
  entries.map(({ stream, tag, content }) => `${stream} ${tag} ${content.toString("latin1")}`);

function describeLog(log: ParsedLog | undefined): string {
  if (!log) return "no log";
  const last = contents(log)
    .slice(-3)
    .map((entry) => JSON.stringify(entry.slice(0, 60)));
  return `${log.entries.length} entries, ${log.malformed.length} malformed lines; at the end ${last.join(", ")}`;
}
