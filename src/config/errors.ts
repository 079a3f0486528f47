/** Something the user gave is wrong: an option, a file, a name. One sentence with the value, the rule and the remedy. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The host or the runtime's environment keeps the suite from working. One sentence with the remedy. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
}

/** The code of a system error such as `ENOENT`, or undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What the usual system errors mean, in words that need no manual page. */
export function systemErrorReason(error: unknown): string {
  const code = systemErrorCode(error);
  const reason = REASONS.get(code ?? "");
  if (reason !== undefined) return `${reason} (${code})`;
  return error instanceof Error ? error.message : String(error);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EISDIR", "it is a directory"],
  ["ENOTDIR", "a part of the path is no directory"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space is left on the device"],
  ["ELOOP", "too many links"],
  ["ENAMETOOLONG", "the name is too long"],
]);
