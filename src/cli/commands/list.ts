import { BENCHMARK_BEHAVIOURS } from "../../bench/behaviours.js";
import { loadSpecs } from "../../harness/catalogue.js";
import type { SpecInfo } from "../../report/model.js";
import { selectByOptions } from "../chosen-specs.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { printJson, printLine, tell } from "../terminal.js";

/** Scenarios that measure a behaviour, by its id; a behaviour that a spec checks has none. */
const SCENARIOS = new Map(BENCHMARK_BEHAVIOURS.map(({ info, scenarios }) => [info.id, scenarios]));

/** `critique list`: the chosen behaviours, or what a run reached of the contract, as a table or as JSON. */
export async function execute(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  if (options.coverage !== undefined) {
    const { listCoverage } = await import("../list-coverage.js");
    await listCoverage(invocation);
    return EXIT.asExpected;
  }
  const specs = (await loadSpecs()).map((spec) => spec.info);
  // A shard is a part of a run, and a run has specs only.
  const measured = options.shard === undefined ? BENCHMARK_BEHAVIOURS.map(({ info }) => info) : [];
  const all = [...specs, ...measured].sort((a, b) => a.id.localeCompare(b.id));
  const infos = selectByOptions(all, options);
  if (options.json) {
    printJson(terminal, infos.map(toJson));
    return EXIT.asExpected;
  }
  for (const info of infos) printLine(terminal, describe(info));
  const counts = ["required", "recommended", "optional"].map(
    (level) => `${infos.filter((info) => info.level === level).length} ${level}`,
  );
  if (!options.quiet) tell(terminal, `${infos.length} of ${all.length} behaviours: ${counts.join(", ")}`);
  return EXIT.asExpected;
}

/** The declared facts, with the needed features in one text as well, and what shows the behaviour. */
function toJson(info: SpecInfo) {
  const scenarios = SCENARIOS.get(info.id);
  return {
    ...info,
    feature: info.needs.length === 0 ? null : info.needs.join(", "),
    ...(scenarios ? { kind: "benchmark", scenarios } : { kind: "spec" }),
  };
}

function describe({ id, level, title, rpcs, needs, tags, area }: SpecInfo): string {
  const scenarios = SCENARIOS.get(id);
  const facts = [
    area,
    rpcs.join(", "),
    ...(needs.length > 0 ? [`needs ${needs.join(", ")}`] : []),
    ...(tags.length > 0 ? [`tags ${tags.join(", ")}`] : []),
    ...(scenarios ? [`measured by critique bench --scenario ${scenarios.join(",")}`] : []),
  ];
  const label = `${id}  ${level.padEnd("recommended".length)}  `;
  return `${label}${title}\n${" ".repeat(label.length)}${facts.join(" | ")}`;
}
