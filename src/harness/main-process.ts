import type { Container } from "./container.js";
import { until } from "./until.js";

/**
 * Waits until process 1 is the container's own program: StartContainer may return while the runtime's init is still
 * about to become it, with other arguments, privileges and filters. For containers with a process namespace of their own.
 * @param program the program's path as the configuration or, without a command there, the image names it
 */
export async function untilMainProcessRuns(
  container: Container,
  program: string = container.config.command?.[0] ?? "",
): Promise<void> {
  let seen = "";
  await until(
    `process 1 to be ${program}`,
    async () => {
      const { stdout, stderr } = await container.execSync(["cat", "/proc/1/cmdline"]);
      seen = stdout.split("\0")[0] || stderr;
      return seen === program;
    },
    { seen: () => seen },
  );
}
