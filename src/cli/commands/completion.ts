import { UsageError } from "../../config/errors.js";
import { didYouMean } from "../../config/nearest.js";
import { COMMANDS, type CommandName } from "../commands.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { optionsOf } from "../options.js";
import { printLine } from "../terminal.js";

/** What may follow the words of a command. */
interface Completion {
  /** Words that call the command, for instance `lab up`. */
  words: string;
  next: string[];
}

const SHELLS: Readonly<Record<string, (completions: readonly Completion[]) => string>> = { bash, zsh, fish };

/** `critique completion SHELL`: a script for the shell, made from the tables of commands and options. */
export function execute({ operands, terminal }: Invocation): Promise<ExitCode> {
  const shell = operands[0] ?? "";
  const write = SHELLS[shell];
  if (!write) {
    const known = Object.keys(SHELLS);
    throw new UsageError(
      `There is no completion for "${shell}", only for ${known.join(", ")}${didYouMean(shell, known)}`,
    );
  }
  printLine(terminal, write(completions()));
  return Promise.resolve(EXIT.asExpected);
}

function completions(): Completion[] {
  const names: readonly CommandName[] = COMMANDS.map((command) => command.name);
  const groups = names.map((name) => name.split(" ").slice(0, -1).join(" "));
  return [...new Set<string>([...groups, ...names])].map((words) => {
    const prefix = words === "" ? "" : `${words} `;
    const subcommands = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const command = names.find((name) => name === words);
    const flags = command ? optionsOf(command).map((option) => option.flag) : [];
    const next = new Set([...subcommands.map((name) => name.split(" ")[0] ?? ""), ...flags, "--help"]);
    next.delete("");
    return { words, next: [...next] };
  });
}

function bash(all: readonly Completion[]): string {
  const cases = all.map(({ words, next }) => `    "${words}") next="${next.join(" ")}" ;;`);
  return [
    "_critique() {",
    '  local words="" next="" word',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) break ;; *) words="${words:+$words }$word" ;; esac',
    "  done",
    '  case "$words" in',
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$next" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _critique critique",
  ].join("\n");
}

function zsh(all: readonly Completion[]): string {
  return ["autoload -U +X bashcompinit && bashcompinit", bash(all)].join("\n");
}

function fish(all: readonly Completion[]): string {
  const lines = all.flatMap(({ words, next }) => {
    const seen = words.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    const condition = words === "" ? "__fish_use_subcommand" : seen.join("; and ");
    return next.map((item) => {
      const what = item.startsWith("--") ? `-l ${item.slice(2)}` : `-f -a ${item}`;
      return `complete -c critique -n '${condition}' ${what}`;
    });
  });
  return lines.join("\n");
}
