import type { Output } from "./colours.js";
import { fitLine } from "./layout.js";

/** The line is drawn again at most this often; a person cannot read faster. */
const PAUSE_MS = 100;

/** A line at the bottom of a terminal that is drawn over and over, and steps aside for lines that stay. */
export class StatusLine {
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  /** @param content the line's text at this moment; a harmless, uncoloured line. */
  constructor(
    private readonly output: Output,
    private readonly content: () => string,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.draw(), PAUSE_MS);
    this.#timer.unref();
    this.draw();
  }

  /** Shows the line as it is now; nothing unless it was started and not yet stopped. */
  draw(): void {
    if (!this.#timer) return;
    this.output.write(`\r\x1b[2K${fitLine(this.content(), (this.output.columns ?? 80) - 1)}`);
    this.#isShown = true;
  }

  /** Removes the line until it is drawn again. */
  clear(): void {
    if (this.#isShown) this.output.write("\r\x1b[2K");
    this.#isShown = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }
}
