/** Why a lab could not be started or stopped, and what the user can do about it. */
export class LabError extends Error {
  override readonly name = "LabError";

  /**
   * @param problem what is wrong, with the value concerned.
   * @param remedy what to do about it, in the imperative.
   * @param options.log lines of a log that tell more; they follow the sentence.
   */
  constructor(
    readonly problem: string,
    readonly remedy: string,
    options: ErrorOptions & { log?: readonly string[] } = {},
  ) {
    super([`${problem}: ${remedy}.`, ...(options.log ?? [])].join("\n  "), options);
  }
}
