import { stringify } from "yaml";
import { UsageError } from "../config/errors.js";
import { boundResults } from "../report/bounds.js";
import { harmlessJson } from "../report/escape.js";
import type { RunEvent, RunResults, SpecInfo } from "../report/model.js";
import { jsonReporter } from "../report/reporters/json.js";
import { junitReporter } from "../report/reporters/junit.js";
import { ResultsFold } from "../report/results.js";
import { certificateOf, type Certificate } from "./certificate.js";
import { CHECKSUMS, checksumsOf, type BundleFiles } from "./checksums.js";
import { parseProduct } from "./product.js";
import { profileOf } from "./profiles.js";
import { certificateReadme } from "./readme.js";
import { redactRun } from "./redact.js";
import { refusals } from "./refusals.js";
import { runLog } from "./run-log.js";

/** Names of the files of a bundle; the first four are those that conformance repositories ask for. */
export const BUNDLE = {
  readme: "README.md",
  product: "PRODUCT.yaml",
  log: "e2e.log",
  junit: "junit_01.xml",
  certificate: "certificate.json",
  configuration: "configuration.yaml",
  results: "results.json",
  events: "events.ndjson",
} as const;

/** What a bundle is made of. */
export interface CertificationInput {
  events: readonly RunEvent[];
  /** Text of PRODUCT.yaml, and its name for messages. */
  product: { text: string; file: string };
  profiles: readonly string[];
  /** All specs of the suite: they say what the profiles are. */
  specs: readonly SpecInfo[];
  /** The version of this program, and of Node. */
  suiteVersion: string;
  node: string;
}

/** A bundle, or why there is none. */
export type Certification = { files: BundleFiles; certificate: Certificate } | { refused: string[] };

/**
 * Makes the files of a bundle from a run, if the run earns the profiles.
 * @throws UsageError when PRODUCT.yaml or a profile is wrong, or another version of the suite made the run
 */
export function certify(input: CertificationInput): Certification {
  const { product, specs, suiteVersion } = input;
  const facts = parseProduct(product.text, product.file);
  const events = input.events.map((event) =>
    event.type === "runStarted" ? { ...event, run: redactRun(event.run) } : event,
  );
  const results = resultsOf(events);
  const { run } = results;
  if (run.suiteVersion !== suiteVersion) {
    throw new UsageError(
      `The run was made by critique ${run.suiteVersion}, and this is ${suiteVersion}: certify with the version that ran.`,
    );
  }
  const profiles = input.profiles.map((name) => profileOf(name, specs, run.capabilities));
  const refused = profiles.flatMap((profile) =>
    refusals(profile, results).map((reason) => `${profile.name}: ${reason}`),
  );
  if (refused.length > 0) return { refused };

  const endedAt = events.findLast((event) => event.type === "runEnded")?.at ?? "";
  const certificate = certificateOf(facts, profiles, results, { specs, endedAt, node: input.node });
  const files = new Map<string, Buffer>([
    [BUNDLE.product, Buffer.from(product.text)],
    [BUNDLE.certificate, Buffer.from(`${harmlessJson(JSON.stringify(certificate, undefined, 2))}\n`)],
    [BUNDLE.events, Buffer.from(events.map((event) => `${harmlessJson(JSON.stringify(event))}\n`).join(""))],
    ...derivedFiles(certificate, events, results),
  ]);
  files.set(CHECKSUMS, Buffer.from(checksumsOf(files)));
  return { files, certificate };
}

/** The files that follow from the certificate and the events, and nothing else. */
export function derivedFiles(
  certificate: Certificate,
  events: readonly RunEvent[],
  results: RunResults = resultsOf(events),
): [name: string, content: Buffer][] {
  const bounded = boundResults(results);
  const { run } = results;
  const configuration = {
    endpoint: run.endpoint,
    handler: run.handler,
    parallel: run.parallel,
    seed: run.seed,
    ...run.options,
  };
  return [
    [BUNDLE.readme, Buffer.from(certificateReadme(certificate, run.options))],
    [BUNDLE.log, Buffer.from(runLog(events))],
    [BUNDLE.junit, Buffer.from(junitReporter.render(bounded, {}))],
    [BUNDLE.results, Buffer.from(jsonReporter.render(bounded, {}))],
    [BUNDLE.configuration, Buffer.from(stringify(configuration))],
  ];
}

/** The results that events amount to. */
export function resultsOf(events: readonly RunEvent[]): RunResults {
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  return fold.results();
}
