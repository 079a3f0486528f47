import type { CommandName } from "../commands.js";

/**
 * One option: everything that the parser, the help, the configuration file and the documentation know of it. The key
 * in a configuration file is the flag without its dashes.
 */
export interface OptionDefinition<T> {
  flag: `--${string}`;
  short?: `-${string}`;
  /** Placeholder of the argument, for instance `URI`; a switch has none. */
  argument?: string;
  /** The option may also stand alone; its text is then empty. */
  argumentIsOptional?: true;
  /** The option may be given several times; otherwise the last one counts. */
  repeats?: true;
  /** Environment variable that sets the option where the command line does not. */
  env?: string;
  /** Commands it applies to; with any other one it is an error. */
  commands: readonly CommandName[];
  group: OptionGroup;
  /** What it does, in one sentence without a full stop. */
  help: string;
  /** An argument as a user would write it. */
  example?: string;
  /** The default in words, where `default` does not speak for itself. */
  defaultText?: string;
  default?: T;
  /**
   * Reads the texts given, one for each time the option was.
   * @throws RangeError or EndpointError with the text and the rule
   */
  read: (texts: readonly string[]) => T;
}

/** Headings of the help, in their order. */
export const OPTION_GROUPS = [
  "Runtime",
  "Choosing specs",
  "Running",
  "Benchmark",
  "Faults",
  "Lab",
  "Images",
  "Certification",
  "Reports",
  "Output",
] as const;
export type OptionGroup = (typeof OPTION_GROUPS)[number];

/** An option that has a value even where nobody gave one. */
export type Defaulted<T> = OptionDefinition<T> & { default: T };

/** The type of the value a command gets for an option. */
export type ValueOf<D> = D extends Defaulted<infer T> ? T : D extends OptionDefinition<infer T> ? T | undefined : never;

type Common<T> = Omit<OptionDefinition<T>, "read" | "repeats" | "argument" | "argumentIsOptional">;
type WithArgument<T> = Common<T> & {
  argument: string;
  argumentIsOptional?: true;
  example: string;
  parse: (text: string) => T;
};

/** Declares a switch: false unless it is given. */
export function switchOption(common: Common<boolean>): Defaulted<boolean> {
  return { ...common, default: false, read: () => true };
}

/** Declares an option with an argument. */
export function valueOption<T>(definition: WithArgument<T> & { default: T }): Defaulted<T>;
export function valueOption<T>(definition: WithArgument<T>): OptionDefinition<T>;
export function valueOption<T>({ parse, ...rest }: WithArgument<T>): OptionDefinition<T> {
  return { ...rest, read: (texts) => parse(texts.at(-1) ?? "") };
}

/** Declares an option with an argument that may be given several times; without it the list is empty. */
export function repeatedOption<T>({ parse, ...rest }: WithArgument<T> & { default?: undefined }): Defaulted<T[]> {
  return { ...rest, repeats: true, default: [], read: (texts) => texts.map(parse) };
}
