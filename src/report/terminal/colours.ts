import { styleText } from "node:util";

import type { Tone } from "../standing.js";

/** Where text is printed; process.stdout and process.stderr are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Colours a text, or returns it as it is. */
export type Paint = (style: Style, text: string) => string;

/**
 * Whether to colour an output: only a terminal that can, unless the environment says otherwise. `--no-color` and a
 * non-empty NO_COLOR (https://no-color.org) switch colours off, FORCE_COLOR switches them on or, as `0`, off.
 *
 * @param allowed false for `--no-color`
 */
export function wantsColour(output: Output, env: NodeJS.ProcessEnv, allowed = true): boolean {
  if (!allowed || (env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return output.isTTY === true && env["TERM"] !== "dumb";
}

/**
 * Whether an output may be overwritten while the run goes on: a terminal that understands it, with a person before it.
 * CI systems that offer a terminal keep every state of the line in their log.
 */
export function wantsLiveLine(output: Output, env: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
}

export function painter(coloured: boolean): Paint {
  return (style, text) => (coloured && text !== "" ? styleText(style, text, { validateStream: false }) : text);
}

export const TONE_STYLES: Record<Tone, Style> = { good: "green", bad: "red", unclear: "yellow", neutral: "dim" };
