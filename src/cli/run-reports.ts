import { EventLog } from "../report/event-log.js";
import type { RunEvent, RunResults } from "../report/model.js";
import type { ReportFormat } from "../report/reporters/index.js";
import type { ReportOptions } from "../report/reporters/reporter.js";
import { ResultsFold } from "../report/results.js";
import { writeReports, type WrittenReports } from "../report/write-reports.js";

/**
 * How often the reports are written anew while a run goes on, so that one that is killed leaves them too. Writing those
 * of 500 specs takes some 50 ms.
 */
const REFRESH_MS = 10_000;

export interface RunReportsOptions {
  folder: string;
  prefix: string;
  formats: readonly ReportFormat[];
  /** See {@link ReportOptions}. */
  reportOptions?: ReportOptions;
  /** Events of the run that goes on in this folder. */
  past?: readonly RunEvent[];
}

/** The report folder of a run under way: every event on disk as it happens, and all reports again and again. */
export class RunReports {
  readonly #log: EventLog;
  readonly #fold = new ResultsFold();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  /**
   * Creates the folder and the event log.
   * @throws ReportFolderError when it cannot be written to
   */
  constructor(private readonly options: RunReportsOptions) {
    const { folder, prefix, past } = options;
    this.#log = past ? EventLog.reopen(folder, prefix) : EventLog.open(folder, prefix);
    for (const event of past ?? []) this.#fold.add(event);
  }

  /** Keeps an event; returns it as it was written, for whoever else shows it. */
  add(event: RunEvent): RunEvent {
    const written = this.#log.append(event);
    this.#fold.add(written);
    this.#timer ??= setInterval(() => this.#refresh(), REFRESH_MS).unref();
    return written;
  }

  /**
   * Writes the reports a last time.
   * @returns what was written, with an error for each file that is missing or incomplete
   */
  async finish(): Promise<WrittenReports & { results: RunResults; troubles: string[] }> {
    clearInterval(this.#timer);
    await this.#writing;
    const results = this.#fold.results();
    const written = await this.#write(results);
    const troubles = written.errors.map((error) => error.message);
    try {
      this.#log.close();
    } catch (error) {
      troubles.push(error instanceof Error ? error.message : String(error));
    }
    return { ...written, results, troubles };
  }

  #refresh(): void {
    this.#writing = this.#writing.then(() => this.#write(this.#fold.results()));
  }

  #write(results: RunResults): Promise<WrittenReports> {
    const { folder, formats, prefix, reportOptions } = this.options;
    return writeReports(results, folder, formats, { prefix, ...reportOptions });
  }
}
