import {
  parseChoice,
  parseList,
  parsePath,
  parsePositiveDurationMs,
  parseText,
  parseWhole,
} from "../../config/parsers.js";
import { FAULT_FAMILIES } from "../../prove/faults/fault.js";
import { switchOption, valueOption } from "./definition.js";

/** Which faults, and how thoroughly they are tried. */
export const PROVE_OPTIONS = {
  faults: valueOption({
    flag: "--faults",
    argument: "LIST",
    commands: ["prove", "proxy"],
    group: "Faults",
    help: "only faults with these ids, of a proxy exactly one; * and ? stand for any characters and for one",
    example: "'omitted:ContainerStatus.*,late:Version'",
    parse: parseList(parseText),
  }),
  family: valueOption({
    flag: "--family",
    argument: "LIST",
    commands: ["prove"],
    group: "Faults",
    help: `only faults of these families: ${FAULT_FAMILIES.join(", ")}`,
    example: "semantic,transport",
    parse: parseList(parseChoice(FAULT_FAMILIES)),
  }),
  budgetMs: valueOption({
    flag: "--budget",
    argument: "D",
    commands: ["prove"],
    group: "Faults",
    help:
      "start no more faults after this time; half of it at least is theirs, however slow the run without a fault is, and " +
      "those that had their turn are a fair sample, drawn by --seed",
    example: "10m",
    defaultText: "until all are done",
    parse: parsePositiveDurationMs,
  }),
  specsPerFault: valueOption({
    flag: "--specs-per-fault",
    argument: "N",
    commands: ["prove"],
    group: "Faults",
    help: "specs tried with a fault, the likeliest first, before it counts as survived",
    example: "50",
    default: 10,
    parse: parseWhole(1),
  }),
  allKillers: switchOption({
    flag: "--all-killers",
    commands: ["prove"],
    group: "Faults",
    help: "go on after the first spec that notices a fault, to see which others do",
  }),
  retryMissed: switchOption({
    flag: "--retry-missed",
    commands: ["prove"],
    group: "Faults",
    help: "with --resume: try again what was not noticed, for instance after specs were added",
  }),
  allowedSpecs: valueOption({
    flag: "--allowed-without-kill",
    argument: "FILE",
    commands: ["prove"],
    group: "Faults",
    help: "specs that may be noticed by no fault, an id or pattern a line with the reason in # lines above; others make the exit code 1",
    example: "specs-without-kill.txt",
    defaultText: "the list that comes with the suite",
    parse: parsePath,
  }),
  podsMayBeLost: switchOption({
    flag: "--i-know-pods-may-be-lost",
    commands: ["prove"],
    group: "Faults",
    help: "break the behaviour of a runtime that is no lab, whoever else uses it",
  }),
};
