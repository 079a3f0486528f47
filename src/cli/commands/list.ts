import type { SpecInfo } from "../../report/model.js";
import { chooseSpecs } from "../chosen-specs.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { printJson, printLine, tell } from "../terminal.js";

/** `critique list`: the chosen specs as a table, or as JSON. */
export async function execute({ options, terminal }: Invocation): Promise<ExitCode> {
  const { specs, knownIds } = await chooseSpecs(options);
  const infos = specs.map((spec) => spec.info);
  if (options.json) {
    printJson(terminal, infos.map(toJson));
    return EXIT.asExpected;
  }
  for (const info of infos) printLine(terminal, describe(info));
  const counts = ["required", "recommended", "optional"].map(
    (level) => `${infos.filter((info) => info.level === level).length} ${level}`,
  );
  if (!options.quiet) tell(terminal, `${infos.length} of ${knownIds.length} specs: ${counts.join(", ")}`);
  return EXIT.asExpected;
}

/** The declared facts, with the needed features in one text as well. */
function toJson(info: SpecInfo): SpecInfo & { feature: string | null } {
  return { ...info, feature: info.needs.length === 0 ? null : info.needs.join(", ") };
}

function describe({ id, level, title, rpcs, needs, tags, area }: SpecInfo): string {
  const facts = [
    area,
    rpcs.join(", "),
    ...(needs.length > 0 ? [`needs ${needs.join(", ")}`] : []),
    ...(tags.length > 0 ? [`tags ${tags.join(", ")}`] : []),
  ];
  const label = `${id}  ${level.padEnd("recommended".length)}  `;
  return `${label}${title}\n${" ".repeat(label.length)}${facts.join(" | ")}`;
}
