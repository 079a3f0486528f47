import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../config/errors.js";
import { didYouMean, nearest } from "../config/nearest.js";
import { COMMANDS, type CommandDefinition, type CommandName } from "./commands.js";
import { configureHelp } from "./help.js";
import { OPTION_LIST, optionsOf, usage, type OptionKey } from "./options.js";
import type { GivenOptions } from "./invocation.js";
import type { Terminal } from "./terminal.js";

/** What a command line asks for. */
export interface CommandLine {
  command: CommandName;
  given: GivenOptions;
  operands: readonly string[];
}

/**
 * Reads a command line. Help and version are written to stdout here.
 *
 * @param args what follows the program's name
 * @returns undefined when help or the version was all that was asked for
 * @throws UsageError for an unknown command, an option that is unknown or does not apply, or a missing argument
 */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  terminal: Terminal,
): CommandLine | undefined {
  let result: CommandLine | undefined;
  const program = buildProgram(version, terminal, (line) => (result = line));
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, args, program);
  }
  return result;
}

/** The commander program made from the tables; `report` is told of the command called. */
export function buildProgram(version: string, terminal: Terminal, report: (line: CommandLine) => void): Command {
  const program = new Command("critique")
    .description("Conformance and performance suite for Kubernetes CRI runtimes.")
    .optionsGroup("Output:")
    .version(version, "-V, --version", "print the version")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.stdout.write(text), writeErr: () => undefined })
    .showSuggestionAfterError(false);
  configureHelp(program, terminal);
  for (const definition of COMMANDS) addCommand(program, definition, report);
  return program;
}

function addCommand(
  program: Command,
  definition: (typeof COMMANDS)[number],
  report: (line: CommandLine) => void,
): void {
  const { name, summary, description, operands }: CommandDefinition & { name: CommandName } = definition;
  const words = name.split(" ");
  const parent = words.length > 1 ? groupCommand(program, words[0] ?? "") : program;
  const command = parent.command(words.at(-1) ?? "").summary(summary);
  command.description(description === undefined ? sentence(summary) : `${sentence(summary)} ${description}`);
  if (operands) command.argument("[operands...]", operands.help);
  for (const option of optionsOf(name)) {
    const argument = option.argument ?? "";
    const form = argument === "" ? "" : option.argumentIsOptional ? ` [${argument}]` : ` <${argument}>`;
    const flags = `${option.short === undefined ? "" : `${option.short}, `}${option.flag}${form}`;
    command.addOption(
      new Option(flags, option.help)
        .helpGroup(`${option.group}:`)
        .argParser((text: string, earlier: unknown) => [
          ...(Array.isArray(earlier) ? (earlier as string[]) : []),
          text,
        ]),
    );
  }
  command.action(() => {
    if (operands) checkOperands(name, operands, command.args);
    report({ command: name, given: givenOptions(name, command), operands: command.args });
  });
}

function groupCommand(program: Command, word: string): Command {
  const existing = program.commands.find((command) => command.name() === word);
  return (
    existing ??
    program
      .command(word)
      .summary(GROUP_SUMMARIES[word] ?? "")
      .description(sentence(GROUP_SUMMARIES[word] ?? ""))
  );
}

const GROUP_SUMMARIES: Readonly<Record<string, string>> = {
  lab: "a private, throw-away containerd: up, exec, down, list",
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function givenOptions(name: CommandName, command: Command): Map<OptionKey, string[]> {
  const given = new Map<OptionKey, string[]>();
  for (const option of optionsOf(name)) {
    const attribute = command.options.find((candidate) => candidate.long === option.flag)?.attributeName() ?? "";
    if (command.getOptionValueSource(attribute) !== "cli") continue;
    const value: unknown = command.getOptionValue(attribute);
    const texts = Array.isArray(value) ? (value as string[]) : [""];
    const swallowed = OPTION_LIST.find((candidate) => texts.includes(candidate.flag));
    if (swallowed)
      throw new UsageError(`${option.flag} needs a value, but ${swallowed.flag} follows: ${usage(option)}.`);
    given.set(option.key, texts);
  }
  return given;
}

function checkOperands(
  name: CommandName,
  { usage: form, help, minimum, maximum }: NonNullable<CommandDefinition["operands"]>,
  operands: readonly string[],
): void {
  if (operands.length >= minimum && operands.length <= maximum) return;
  const what = operands.length < minimum ? "too few" : "too many";
  throw new UsageError(`\`critique ${name}\` has ${what} arguments: give ${form}, ${help}.`);
}

function usageError(error: CommanderError, args: readonly string[], program: Command): UsageError {
  const name = calledCommand(args, program);
  const help = `see \`critique ${name === "" ? "" : `${name} `}--help\``;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return new UsageError(unknownOption(quoted.replace(/=.*/s, ""), name, help, args));
    case "commander.optionMissingArgument": {
      const option = OPTION_LIST.find(({ flag }) => quoted.includes(flag));
      return new UsageError(`${option?.flag ?? quoted} needs a value: ${option ? usage(option) : quoted}; ${help}.`);
    }
    case "commander.unknownCommand":
      return new UsageError(
        `There is no command "${quoted}"${didYouMean(quoted, subcommandNames(program, name)) || `; ${help}.`}`,
      );
    case "commander.excessArguments":
      return new UsageError(`\`critique ${name}\` takes no argument but options; ${help}.`);
    case "commander.help":
      return new UsageError(`A command is missing: give one of ${subcommandNames(program, name).join(", ")}; ${help}.`);
    default:
      return new UsageError(`${error.message.replace(/^error: /, "")}; ${help}.`);
  }
}

function unknownOption(flag: string, name: string, help: string, args: readonly string[]): string {
  const known = OPTION_LIST.find((option) => option.flag === flag || option.short === flag);
  if (!known) {
    const command = COMMANDS.find((candidate) => candidate.name === name);
    const flags = (command ? optionsOf(command.name) : OPTION_LIST).map((option) => option.flag);
    return `There is no option ${flag}${didYouMean(flag, flags) || otherCommandHas(flag) || `; ${help}.`}`;
  }
  const isBeforeCommand = args.findIndex((arg) => arg.startsWith(flag)) < args.indexOf(name.split(" ")[0] ?? "");
  if (name === "" || isBeforeCommand) return `${flag} goes after the command: critique COMMAND ${usage(known)}.`;
  const others = known.commands.map((command) => `\`critique ${command}\``).join(", ");
  return `${flag} does not apply to \`critique ${name}\`, only to ${others}; ${help}.`;
}

function otherCommandHas(flag: string): string {
  const near = nearest(
    flag,
    OPTION_LIST.map((option) => option.flag),
  );
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** The words of the command that the arguments begin with, or an empty text. */
function calledCommand(args: readonly string[], program: Command): string {
  const [first = "", second = ""] = args.filter((arg) => !arg.startsWith("-"));
  const command = program.commands.find((candidate) => candidate.name() === first);
  if (!command) return "";
  return command.commands.some((candidate) => candidate.name() === second) ? `${first} ${second}` : first;
}

function subcommandNames(program: Command, name: string): string[] {
  const commands = program.commands.find((candidate) => candidate.name() === name)?.commands ?? [];
  return (commands.length > 0 ? commands : program.commands).map((command) => command.name());
}
