import { LABEL_FILTER_RULE } from "../../config/label-filter.js";
import { parseChoice, parseList, parseRegex, parseShard, parseText } from "../../config/parsers.js";
import type { Level } from "../../report/model.js";
import { repeatedOption, valueOption } from "./definition.js";

const LEVELS: readonly Level[] = ["required", "recommended", "optional"];

/** Which specs. */
export const SELECTION_OPTIONS = {
  focus: repeatedOption({
    flag: "--focus",
    argument: "RE",
    commands: ["run", "list", "compare", "prove"],
    group: "Choosing specs",
    help: "only specs whose id or title matches a regular expression; of several, one must match",
    example: "'stop.*grace'",
    parse: parseRegex,
  }),
  skip: repeatedOption({
    flag: "--skip",
    argument: "RE",
    commands: ["run", "list", "compare", "prove"],
    group: "Choosing specs",
    help: "not the specs whose id or title matches a regular expression",
    example: "'exec sync'",
    parse: parseRegex,
  }),
  labelFilter: valueOption({
    flag: "--label-filter",
    argument: "EXPR",
    commands: ["run", "list", "compare", "prove"],
    group: "Choosing specs",
    help: `only specs whose labels satisfy an expression: ${LABEL_FILTER_RULE}`,
    example: "'required && !area:streaming'",
    parse: parseText,
  }),
  ids: valueOption({
    flag: "--ids",
    argument: "LIST",
    commands: ["run", "list", "compare", "prove"],
    group: "Choosing specs",
    help: "only specs with these ids; * and ? stand for any characters and for one",
    example: "'STR-*,CTR-001'",
    parse: parseList(parseText),
  }),
  level: valueOption({
    flag: "--level",
    argument: "LIST",
    commands: ["run", "list", "compare", "prove"],
    group: "Choosing specs",
    help: `only specs of these levels: ${LEVELS.join(", ")}`,
    example: "required,recommended",
    parse: parseList(parseChoice(LEVELS)),
  }),
  rerunFailed: valueOption({
    flag: "--rerun-failed",
    argument: "DIR",
    argumentIsOptional: true,
    commands: ["run"],
    group: "Choosing specs",
    help: "only specs that were not as expected in an earlier run; alone: the newest run in reports/",
    example: "reports/run-1",
    parse: (text) => text,
  }),
  shard: valueOption({
    flag: "--shard",
    argument: "I/N",
    commands: ["run", "list"],
    group: "Choosing specs",
    help: "only part I of N of what is selected; the same selection always gives the same parts",
    example: "2/4",
    parse: parseShard,
  }),
};
