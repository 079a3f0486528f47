import { sh } from "./commands.js";
import type { Container, ExecResult } from "./container.js";
import { ExpectationFailed } from "./outcome.js";
import { until } from "./until.js";

/** Stands between the arguments of process 1 and the file that was asked for. */
const SEPARATOR = "\n-- file --\n";

/**
 * What `/proc/1/FILE` holds in a container, read when process 1 is the container's own program: StartContainer may return
 * while the runtime's init is still about to become it, with other arguments, privileges and filters. For containers with a
 * process namespace of their own and a shell in their image.
 * @param program the program's path as the configuration or, without a command there, the image names it
 * @throws ExpectationFailed when another program is there for long, or the file cannot be read
 */
export async function readMainProcess(
  container: Container,
  file: string,
  program: string = container.config.command?.[0] ?? "",
): Promise<string> {
  // The arguments come first: a program that is there by then is still there when the file is read.
  const command = sh(`cat /proc/1/cmdline; printf '${SEPARATOR.replaceAll("\n", "\\n")}'; cat /proc/1/${file}`);
  let seen = "";
  const { stdout, stderr, exitCode } = await until(
    `process 1 to be ${program}`,
    async (): Promise<ExecResult | undefined> => {
      const result = await container.execSync(command);
      seen = result.stdout.split("\0")[0] || result.stderr;
      return seen === program ? result : undefined;
    },
    { seen: () => seen },
  );
  const end = stdout.indexOf(SEPARATOR);
  if (exitCode !== 0 || end < 0) {
    const shown = `exit code ${exitCode}, stderr ${JSON.stringify(stderr.slice(0, 300))}`;
    throw new ExpectationFailed({
      subject: `/proc/1/${file}`,
      expected: "to be readable in the container",
      seen: shown,
    });
  }
  return stdout.slice(end + SEPARATOR.length);
}

/** Waits until process 1 is the container's own program; see `readMainProcess`. */
export async function untilMainProcessRuns(container: Container): Promise<void> {
  await readMainProcess(container, "comm");
}

/**
 * Waits until a container's program has made the file /ready, as a program does that has set its traps: until then the first
 * process of a container is deaf to signals that it has no handler for.
 */
export async function untilReady(container: Container): Promise<void> {
  await container.output(sh("until [ -e /ready ]; do sleep 0.01; done"));
}
