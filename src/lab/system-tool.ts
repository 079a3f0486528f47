import { type ProcessOptions, type ProcessResult, runProcess } from "../support/process.js";

/** Where a system's programs are, also for a user whose PATH leaves out those for administrators. */
export const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Runs a program of the system, such as ip or iptables-save, with messages in English; throws like {@link runProcess}. */
export function runSystemTool(
  name: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const path = [process.env.PATH, ...systemFolders].filter(Boolean).join(":");
  return runProcess(name, args, { ...options, env: { ...process.env, PATH: path, LC_ALL: "C" } });
}
