import { sh, type Container } from "../../src/harness/index.js";

/** How the kernel refuses to write to a read-only file system (EROFS). */
export const READ_ONLY = /Read-only file system/;

/** Creates a file; `written`, or what the shell said. */
export async function write(container: Container, path: string): Promise<string> {
  const { exitCode, stderr } = await container.execSync(sh(`echo content > ${path}`));
  return exitCode === 0 ? "written" : stderr.trim();
}
