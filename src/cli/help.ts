import { Option, type Command } from "commander";
import { COMMANDS, type CommandDefinition } from "./commands.js";
import { EXIT_CODE_MEANINGS, EXIT_CODES } from "./exit-codes.js";
import { OPTION_LIST, usage, type OptionEntry } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Wider lines are hard to read, and a log has no width of its own. */
const MAX_COLUMNS = 120;
const LOG_COLUMNS = 100;

/** Makes commander write the help from the tables: usage as users write it, defaults, examples, exit codes. */
export function configureHelp(program: Command, terminal: Terminal): void {
  program
    .addHelpOption(new Option("-h, --help", "print this help").helpGroup("Output:"))
    .helpCommand("help [COMMAND]", "print the help of a command");
  program.configureHelp({
    helpWidth: Math.min(terminal.stdout.columns ?? LOG_COLUMNS, MAX_COLUMNS),
    commandUsage: commandUsage,
    subcommandTerm: (command) => command.name(),
    visibleArguments: () => [],
    optionTerm: (option) => {
      const entry = OPTION_LIST.find((candidate) => candidate.flag === option.long);
      if (!entry) return option.flags;
      return entry.short === undefined ? `    ${usage(entry)}` : `${entry.short}, ${usage(entry)}`;
    },
    optionDescription: (option) => {
      const entry = OPTION_LIST.find((candidate) => candidate.flag === option.long);
      return entry ? describeOption(entry) : option.description;
    },
  });
  program.addHelpText("afterAll", ({ command }) => `${examples(command)}\n${exitCodes()}`);
}

/** What an option does, its default, its environment variable and an example. */
export function describeOption(option: OptionEntry): string {
  const facts = [
    defaultOf(option) === undefined ? "" : `default: ${defaultOf(option)}`,
    option.env === undefined ? "" : `environment: ${option.env}`,
    option.example === undefined ? "" : `example: ${option.example}`,
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? option.help : `${option.help} (${facts.join("; ")})`;
}

/** The default in words, or undefined where leaving the option out means just that. */
export function defaultOf(option: OptionEntry): string | undefined {
  if (option.defaultText !== undefined) return option.defaultText;
  const value = option.default;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(",");
  return typeof value === "number" || (typeof value === "string" && value !== "") ? String(value) : undefined;
}

function commandUsage(command: Command): string {
  const name = fullName(command);
  const definition = COMMANDS.find((candidate) => candidate.name === name) as CommandDefinition | undefined;
  if (!definition) return `critique ${name === "" ? "" : `${name} `}COMMAND [OPTION...]`;
  return ["critique", name, "[OPTION...]", definition.operands?.usage ?? ""].join(" ").trimEnd();
}

function fullName(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) words.unshift(at.name());
  return words.join(" ");
}

function examples(command: Command): string {
  const name = fullName(command);
  const definition = COMMANDS.find((candidate) => candidate.name === name) as CommandDefinition | undefined;
  if (!definition) return "";
  const lines = definition.examples.map(([line, effect]) => `  ${line}\n      ${effect}`);
  return `\nExamples:\n${lines.join("\n")}\n`;
}

function exitCodes(): string {
  const lines = EXIT_CODES.map((code) => `  ${String(code).padStart(3)}  ${EXIT_CODE_MEANINGS[code]}`);
  return `Exit codes:\n${lines.join("\n")}\n`;
}
