import { KUBERNETES_RELEASE } from "../cri/contract.js";
import type { Facts, RunResults, SpecInfo, Verdict } from "../report/model.js";
import { featuresOf, type Profile } from "./profiles.js";
import type { Product } from "./product.js";

/** Version of the shape of certificate.json. */
const CERTIFICATE_SCHEMA = "1.0";

/** The content of certificate.json: what is certified, of what, and what it was seen with. */
export interface Certificate {
  schema: string;
  product: Product;
  runtime: { name: string; version: string; apiVersion: string; handler: string };
  versions: { critique: string; contract: string; node: string };
  run: { id: string; startedAt: string; endedAt: string; specs: number; counts: Record<Verdict, number> };
  host: Facts;
  profiles: CertifiedProfile[];
  /** Features that specs need and that were not there, with the reason; nothing is said about them. */
  notOffered: Record<string, string>;
}

/** A profile that was earned. */
export interface CertifiedProfile {
  name: string;
  explain: string;
  /** Ids of the specs that passed. */
  passed: string[];
  /** Ids of the specs, none of them required, whose subject does not exist there, with the reason. */
  notApplicable: Record<string, string>;
}

/** Writes down what was earned; whether it was is not decided here. */
export function certificateOf(
  product: Product,
  profiles: readonly Profile[],
  results: RunResults,
  { specs, endedAt, node }: { specs: readonly SpecInfo[]; endedAt: string; node: string },
): Certificate {
  const { run, counts } = results;
  const notOffered = featuresOf(specs).flatMap((feature) => {
    const found = run.capabilities[feature];
    return found === true ? [] : [[feature, found ?? "not looked for"] as const];
  });
  return {
    schema: CERTIFICATE_SCHEMA,
    product,
    runtime: { ...run.runtime, handler: run.handler },
    versions: { critique: run.suiteVersion, contract: KUBERNETES_RELEASE, node },
    run: { id: run.runId, startedAt: run.startedAt, endedAt, specs: results.specs.length, counts },
    host: run.host,
    profiles: profiles.map((profile) => earned(profile, results)),
    notOffered: Object.fromEntries(notOffered),
  };
}

function earned({ name, explain, requirements }: Profile, { specs }: RunResults): CertifiedProfile {
  const ids = new Set(requirements.map(({ id }) => id));
  const own = specs.filter(({ id }) => ids.has(id));
  return {
    name,
    explain,
    passed: own.filter(({ verdict }) => verdict === "passed").map(({ id }) => id),
    notApplicable: Object.fromEntries(
      own.filter(({ verdict }) => verdict === "notApplicable").map(({ id, reason }) => [id, reason]),
    ),
  };
}
