import { parseConfigFile, type ConfigEntry, type ConfigKey } from "../config/config-file.js";
import { UsageError } from "../config/errors.js";
import { readTextFile } from "../config/read-text-file.js";
import { EndpointError } from "../cri/endpoint.js";
import type { CommandName } from "./commands.js";
import { SourceRank, type GivenOptions, type OptionSource } from "./invocation.js";
import {
  configKey,
  exampleOf,
  OPTION_LIST,
  optionsOf,
  type OptionEntry,
  type OptionKey,
  type OptionValues,
} from "./options.js";

export interface Settings {
  options: OptionValues;
  sources: Map<OptionKey, OptionSource>;
}

/** The keys of a configuration file, made from the table of options. */
export const CONFIG_KEYS: readonly ConfigKey[] = OPTION_LIST.filter(({ key }) => key !== "config").map((option) => ({
  key: configKey(option),
  takes: option.argument === undefined ? "switch" : option.argumentIsOptional ? "optionalValue" : "value",
  list: option.repeats ? "texts" : Array.isArray(readExample(option)) ? "commas" : "no",
}));

/**
 * Gives every option its value: from the command line, else the environment, else the configuration file, else its
 * default.
 *
 * @throws UsageError that names who gave the value, the value, the rule and an example
 */
export async function readSettings(
  command: CommandName,
  given: GivenOptions,
  env: NodeJS.ProcessEnv,
): Promise<Settings> {
  const sources: Settings["sources"] = new Map();
  const values = new Map<OptionKey, unknown>(OPTION_LIST.map((option) => [option.key, option.default]));
  const options = optionsOf(command);

  const take = (option: OptionEntry, texts: readonly string[], source: OptionSource): void => {
    if (sources.has(option.key)) return;
    values.set(option.key, readOption(option, texts, source.name));
    sources.set(option.key, source);
  };
  for (const option of options) {
    const texts = given.get(option.key);
    if (texts) take(option, texts, { name: option.flag, rank: SourceRank.CommandLine });
  }
  for (const option of options) {
    const text = option.env === undefined ? undefined : env[option.env];
    if (option.env !== undefined && text) take(option, [text], { name: option.env, rank: SourceRank.Environment });
  }
  const file = values.get("config");
  if (typeof file === "string") {
    const entries = parseConfigFile(await readTextFile(file, "configuration file"), file, CONFIG_KEYS);
    for (const option of OPTION_LIST) {
      const entry: ConfigEntry | undefined = entries.get(configKey(option));
      if (!entry) continue;
      // One file may serve several commands, so a value is checked even where its option does not apply.
      if (options.includes(option)) take(option, entry.texts, { name: entry.where, rank: SourceRank.ConfigFile });
      else readOption(option, entry.texts, entry.where);
    }
  }
  return { options: Object.fromEntries(values) as OptionValues, sources };
}

function readOption(option: OptionEntry, texts: readonly string[], source: string): unknown {
  try {
    return option.read(texts);
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof EndpointError)) throw error;
    const name = source === option.flag ? source : `${source} (${option.flag})`;
    const rule = error.message.replace(/\.$/, "");
    const example = rule.includes("for example") ? "" : `; for example ${exampleOf(option)}`;
    throw new UsageError(`${name}: ${rule}${example}`);
  }
}

function readExample(option: OptionEntry): unknown {
  return option.example === undefined ? undefined : option.read([option.example.replaceAll("'", "")]);
}
