import type { CommandName } from "./commands.js";
import { CERTIFY_OPTIONS } from "./options/certify-options.js";
import { BENCH_OPTIONS } from "./options/bench-options.js";
import type { OptionDefinition, ValueOf } from "./options/definition.js";
import { OUTPUT_OPTIONS } from "./options/output-options.js";
import { PROVE_OPTIONS } from "./options/prove-options.js";
import { RUN_OPTIONS } from "./options/run-options.js";
import { RUNTIME_OPTIONS } from "./options/runtime-options.js";
import { SELECTION_OPTIONS } from "./options/selection-options.js";

/**
 * The table of all options. The parser, `--help`, the configuration file's schema, shell completion and docs/cli.md
 * are made from it and know nothing else.
 */
export const OPTIONS = {
  ...RUNTIME_OPTIONS,
  ...SELECTION_OPTIONS,
  ...RUN_OPTIONS,
  ...BENCH_OPTIONS,
  ...CERTIFY_OPTIONS,
  ...PROVE_OPTIONS,
  ...OUTPUT_OPTIONS,
};

export type OptionKey = keyof typeof OPTIONS;

/** What a command gets: a value for every option; those that do not apply to it have their default. */
export type OptionValues = { [K in OptionKey]: ValueOf<(typeof OPTIONS)[K]> };

/** An option with its key, its value's type forgotten. */
export type OptionEntry = OptionDefinition<unknown> & { key: OptionKey };

/** All options in the order of the table. */
export const OPTION_LIST: readonly OptionEntry[] = Object.entries<OptionDefinition<unknown>>(OPTIONS).map(
  ([key, definition]) => ({ ...definition, key: key as OptionKey }),
);

/** The options that apply to a command. */
export function optionsOf(command: CommandName): OptionEntry[] {
  return OPTION_LIST.filter((option) => option.commands.includes(command));
}

/** An option's key in a configuration file. */
export function configKey(option: OptionDefinition<unknown>): string {
  return option.flag.slice(2);
}

/** An option as the help and the messages write it: `--lab[=HANDLER]`, `--parallel N`, `--json`. */
export function usage(option: OptionDefinition<unknown>): string {
  if (option.argument === undefined) return option.flag;
  return option.argumentIsOptional ? `${option.flag}[=${option.argument}]` : `${option.flag} ${option.argument}`;
}

/** An option with an argument as a user would write it. */
export function exampleOf(option: OptionDefinition<unknown>): string {
  if (option.example === undefined) return option.flag;
  return `${option.flag}${option.argumentIsOptional ? "=" : " "}${option.example}`;
}
