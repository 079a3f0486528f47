import type { RunEvent, RunResults, SpecResult } from "../model.js";
import { ResultsFold } from "../results.js";
import { countStandings, standingOf, type Standing } from "../standing.js";
import { closingLines, type ReportPlaces } from "./closing.js";
import { painter, wantsColour, wantsLiveLine, type Output, type Paint } from "./colours.js";
import { failureLines } from "./failure.js";
import { printableLine } from "./layout.js";
import { noteLines, specLine, startLine, statusText } from "./progress.js";
import { StatusLine } from "./status-line.js";

export interface PrinterOptions {
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  /** False for `--no-color`. */
  color: boolean;
  /** Only what is not as expected, and the verdict. */
  quiet: boolean;
  /** Adds every spec's line on a terminal too, notes, stacks and transcripts. */
  verbose: boolean;
}

/** Standings whose explanation is printed as soon as they are known. */
const EXPLAINED: readonly Standing[] = ["failed", "unexpectedPass", "broken", "flaky"];

/** Wider lines are hard to read, and a log has no width of its own. */
const MAX_COLUMNS = 120;
const MIN_COLUMNS = 30;

/**
 * Shows a run to the person at the terminal or to a log: progress on stderr, results on stdout. On a terminal one live
 * line says what is running; elsewhere every spec gets a plain line when it ends. What is not as expected is explained
 * when it happens.
 */
export class RunPrinter {
  readonly #fold = new ResultsFold();
  readonly #ended = new Map<string, SpecResult>();
  readonly #running = new Set<string>();
  readonly #statusLine: StatusLine | undefined;
  readonly #outPaint: Paint;
  readonly #errPaint: Paint;
  #specCount = 0;
  #startedMs = 0;

  constructor(private readonly options: PrinterOptions) {
    const { stdout, stderr, env, color, quiet } = options;
    this.#outPaint = painter(wantsColour(stdout, env, color));
    this.#errPaint = painter(wantsColour(stderr, env, color));
    if (!quiet && wantsLiveLine(stderr, env)) this.#statusLine = new StatusLine(stderr, () => this.#status());
  }

  onEvent(event: RunEvent): void {
    this.#fold.add(event);
    switch (event.type) {
      case "runStarted":
        this.#startedMs = performance.now();
        this.#specCount = event.specs.length;
        this.#progress(startLine(event.run, event.specs.length));
        this.#statusLine?.start();
        break;
      case "runResumed":
        this.#startedMs = performance.now();
        this.#statusLine?.start();
        break;
      case "specStarted":
        this.#running.add(event.id);
        break;
      case "specEnded":
        this.#running.delete(event.id);
        this.#showSpec(event.id);
        break;
      case "note":
        this.#progress(printableLine(event.text));
        break;
      case "finding":
        this.#progress(printableLine(`finding about the ${event.finding.about}: ${event.finding.title}`));
        break;
      case "streamingOffers":
        // A table of its own in the reports: it would only push failures out of sight here.
        break;
      case "runEnded":
        this.close();
        break;
    }
  }

  /** Takes in the events of a run that goes on, of which only the counts are shown. */
  takeUp(past: readonly RunEvent[]): void {
    for (const event of past) {
      this.#fold.add(event);
      if (event.type === "runStarted") this.#specCount = event.specs.length;
    }
    const ended = this.#fold.results().specs.filter(({ verdict }) => verdict !== "notRun" && verdict !== "broken");
    for (const spec of ended) this.#ended.set(spec.id, spec);
    this.#progress(`resuming: ${ended.length} of ${this.#specCount} specs have an outcome`);
  }

  /** Prints the closing lines; call it once the reports are written. */
  finish(results: RunResults, places: ReportPlaces): void {
    this.close();
    const { stdout, quiet } = this.options;
    const style = { columns: columnsOf(stdout), paint: this.#outPaint, quiet };
    this.#print(stdout, closingLines(results, places, style));
  }

  /** Takes the live line away; also for a run that ends without its last event. */
  close(): void {
    this.#statusLine?.stop();
  }

  #showSpec(id: string): void {
    const spec = this.#fold.spec(id);
    if (!spec) return;
    this.#ended.set(id, spec);
    const { stdout, verbose } = this.options;
    if (!this.#statusLine || verbose) {
      this.#progress(specLine(spec, this.#ended.size, this.#specCount, this.#errPaint));
    }
    for (const line of noteLines(spec, verbose)) this.#progress(line);
    if (!EXPLAINED.includes(standingOf(spec))) return;
    const style = { columns: columnsOf(stdout), paint: this.#outPaint, verbose };
    this.#print(stdout, [...failureLines(spec, style), ""]);
  }

  #status(): string {
    return statusText({
      counts: countStandings([...this.#ended.values()]),
      done: this.#ended.size,
      total: this.#specCount,
      running: this.#running,
      elapsedMs: performance.now() - this.#startedMs,
    });
  }

  /** Prints a line that is no result; nothing when quiet. */
  #progress(line: string): void {
    if (!this.options.quiet) this.#print(this.options.stderr, [line]);
  }

  #print(output: Output, lines: readonly string[]): void {
    this.#statusLine?.clear();
    output.write(lines.map((line) => `${line}\n`).join(""));
    this.#statusLine?.draw();
  }
}

function columnsOf(output: Output): number {
  return Math.max(MIN_COLUMNS, Math.min(output.columns ?? MAX_COLUMNS, MAX_COLUMNS));
}
