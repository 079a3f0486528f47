/** Why a lab could not be started or stopped, and what the user can do about it. */
export class LabError extends Error {
  override readonly name = "LabError";

  /**
   * @param problem what is wrong, with the value concerned.
   * @param remedy what to do about it, in the imperative.
   */
  constructor(
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}: ${remedy}.`, options);
  }
}
