import { EXIT, type ExitCode } from "../report/exit-code.js";

export { EXIT, type ExitCode };

/** What each exit code tells, in the words of the help and the documentation. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.asExpected]: "everything was as expected",
  [EXIT.misbehaved]: "a runtime did not behave as expected",
  [EXIT.usage]: "usage or configuration: an option, a file or a name given is wrong",
  [EXIT.environment]: "the suite or its environment broke: nothing is said about the runtime",
  [EXIT.threshold]: "a benchmark threshold was missed",
  [EXIT.interrupted]: "interrupted; partial reports are on disk",
};

/** All exit codes, ascending. */
export const EXIT_CODES: readonly ExitCode[] = Object.values(EXIT).sort((a, b) => a - b);
