/**
 * How much something matters to a run.
 * - `fine`: as it should be
 * - `note`: specs about it do not apply, or it is good to know
 * - `warning`: a run is possible, and weaker than it could be
 * - `fatal`: a run is impossible
 */
export type Severity = "fine" | "note" | "warning" | "fatal";

/** One thing that was looked at. */
export interface Diagnosis {
  /** What was looked at, in a word or two. */
  subject: string;
  severity: Severity;
  /** What was found. */
  message: string;
  /** What to do about it; absent where nothing has to be done. */
  remedy?: string;
}

/** No single check may take longer: a doctor that hangs is worse than none. */
const CHECK_TIMEOUT_MS = 8_000;

/** Makes the findings about one subject. */
export function about(subject: string) {
  const make =
    (severity: Severity) =>
    (message: string, remedy?: string): Diagnosis => ({
      subject,
      severity,
      message,
      ...(remedy !== undefined && { remedy }),
    });
  return { fine: make("fine"), note: make("note"), warning: make("warning"), fatal: make("fatal") };
}

/** Runs one check; whatever it throws, and taking too long, is a finding too. */
export async function diagnose(subject: string, check: () => Promise<Diagnosis[]>): Promise<Diagnosis[]> {
  const { warning } = about(subject);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Diagnosis[]>((resolve) => {
    timer = setTimeout(() => resolve([warning(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)]), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), timeout]);
  } catch (error) {
    return [warning(`could not be looked at: ${error instanceof Error ? error.message : String(error)}`)];
  } finally {
    clearTimeout(timer);
  }
}
