import { sh, type Container } from "../../src/harness/index.js";

/** The arguments of all processes that a container sees, joined by spaces. */
export async function commandLines(container: Container): Promise<string[]> {
  // Processes come and go while they are read.
  const { stdout } = await container.execSync(
    sh("for file in /proc/[0-9]*/cmdline; do cat $file && echo; done 2>/dev/null"),
  );
  return stdout.split("\n").map((line) => line.replaceAll("\0", " ").trim());
}
