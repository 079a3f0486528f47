import { parseChoice, parseList, parsePath, parseText } from "../../config/parsers.js";
import { COMMANDS } from "../commands.js";
import { switchOption, valueOption } from "./definition.js";

const EVERY_COMMAND = COMMANDS.map((command) => command.name);

/** Where results go and how they read. */
export const OUTPUT_OPTIONS = {
  reportDir: valueOption({
    flag: "--report-dir",
    argument: "DIR",
    commands: ["run", "bench", "compare", "report", "report merge", "prove"],
    group: "Reports",
    help: "folder for the reports, created where it is missing",
    example: "out/critique",
    defaultText: "reports/ and the run's id; report: the folder that was read",
    parse: parsePath,
  }),
  reportPrefix: valueOption({
    flag: "--report-prefix",
    argument: "P",
    commands: ["run", "bench", "report", "report merge"],
    group: "Reports",
    help: "text that the names of report files begin with",
    example: "node1-",
    default: "",
    parse: (text) => {
      if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
      throw new RangeError(
        `"${text}" is no prefix of a file name: letters, digits, dots, dashes and underscores, at most 64`,
      );
    },
  }),
  formats: valueOption({
    flag: "--formats",
    argument: "LIST",
    commands: ["run", "report", "report merge"],
    group: "Reports",
    help: "reports to write",
    example: "junit,html",
    defaultText: "all of them",
    parse: parseList(parseText),
  }),
  junitErrors: valueOption<"error" | "failure">({
    flag: "--junit-errors",
    argument: "ELEMENT",
    commands: ["run", "report", "report merge"],
    group: "Reports",
    help: "element of junit.xml for specs that broke or did not run: error; failure for TestGrid and Spyglass, which know no error",
    example: "failure",
    default: "error",
    parse: parseChoice(["error", "failure"] as const),
  }),
  junitFlaky: valueOption<"flakyFailure" | "failure">({
    flag: "--junit-flaky",
    argument: "ELEMENT",
    commands: ["run", "report", "report merge"],
    group: "Reports",
    help: "element of junit.xml for flaky specs: flakyFailure; failure for GitLab and GitHub, which show the other one green",
    example: "failure",
    default: "flakyFailure",
    parse: parseChoice(["flakyFailure", "failure"] as const),
  }),
  junitProperties: switchOption({
    flag: "--junit-properties",
    commands: ["run", "report", "report merge"],
    group: "Reports",
    help: "give each case of junit.xml its id, level, clause, RPCs and tags as properties; not for Jenkins, whose schema forbids them",
  }),
  coverage: valueOption({
    flag: "--coverage",
    argument: "DIR",
    argumentIsOptional: true,
    commands: ["list"],
    group: "Reports",
    help: "show which RPCs and fields of the contract a run reached; alone: the newest run in reports/, else the recorded one",
    example: "reports/run-1",
    parse: (text) => text,
  }),
  config: valueOption({
    flag: "--config",
    argument: "FILE",
    env: "CRITIQUE_CONFIG",
    commands: EVERY_COMMAND,
    group: "Output",
    help: "YAML file with any of these options, named without the dashes",
    example: "critique.yaml",
    parse: parsePath,
  }),
  json: switchOption({
    flag: "--json",
    commands: [
      "run",
      "bench",
      "compare",
      "list",
      "doctor",
      "clean",
      "lab up",
      "lab list",
      "report",
      "report merge",
      "prove",
      "certify",
      "certify verify",
    ],
    group: "Output",
    help: "write JSON to stdout, for machines",
  }),
  noColor: switchOption({
    flag: "--no-color",
    env: "NO_COLOR",
    commands: EVERY_COMMAND,
    group: "Output",
    help: "write no colours",
  }),
  quiet: switchOption({
    flag: "--quiet",
    short: "-q",
    commands: EVERY_COMMAND,
    group: "Output",
    help: "write no progress, only results and errors",
  }),
  verbose: switchOption({
    flag: "--verbose",
    short: "-v",
    commands: EVERY_COMMAND,
    group: "Output",
    help: "write more: passed specs, notes, the stack of an internal error",
  }),
};
