import type { CommandName } from "./commands.js";
import type { OptionKey, OptionValues } from "./options.js";
import type { Terminal } from "./terminal.js";

/** One call of the program, read and checked. */
export interface Invocation {
  command: CommandName;
  options: OptionValues;
  /** The texts of the options on the command line. */
  given: GivenOptions;
  /** Who gave each option that was given: its flag, an environment variable, or `file:line`. */
  sources: ReadonlyMap<OptionKey, OptionSource>;
  /** Arguments that are no options. */
  operands: readonly string[];
  env: NodeJS.ProcessEnv;
  terminal: Terminal;
}

/** The texts of the options on the command line, one for each time an option was given. */
export type GivenOptions = ReadonlyMap<OptionKey, readonly string[]>;

/** Who gave an option. A lower rank wins. */
export interface OptionSource {
  name: string;
  rank: SourceRank;
}

/** Where options come from, the strongest first. */
export enum SourceRank {
  CommandLine,
  Environment,
  ConfigFile,
}
