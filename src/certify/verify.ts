import type { RunEvent, SpecInfo } from "../report/model.js";
import { BUNDLE, derivedFiles, resultsOf } from "./bundle.js";
import { certificateOf, type Certificate } from "./certificate.js";
import { checksumTroubles, type BundleFiles } from "./checksums.js";
import { parseProduct } from "./product.js";
import { profileOf } from "./profiles.js";
import { refusals } from "./refusals.js";

/** What a bundle turned out to be. */
export interface Verification {
  /** Why it must not be trusted, in sentences that begin with the file's name; empty for a good one. */
  troubles: string[];
  /** What it certifies; absent where it cannot be read. */
  certificate?: Certificate;
  /** What could not be checked, and why. */
  notes: string[];
}

/** What the verifying program is. */
export interface Verifier {
  suiteVersion: string;
  specs: readonly SpecInfo[];
}

/**
 * Checks a bundle with nothing but itself and this program: every checksum, that the run earned the profiles, and that
 * each file is what the events give. A bundle of another version of the suite is not made again, only judged by what its
 * certificate lists.
 */
export function verifyBundle(files: BundleFiles, { suiteVersion, specs }: Verifier): Verification {
  const troubles = checksumTroubles(files);
  if (troubles.length > 0) return { troubles, notes: [] };
  let certificate: Certificate;
  let events: RunEvent[];
  try {
    certificate = JSON.parse(textOf(files, BUNDLE.certificate)) as Certificate;
    events = textOf(files, BUNDLE.events)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as RunEvent);
    const verification = judge(files, certificate, events, { suiteVersion, specs });
    return { ...verification, certificate };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { troubles: [`the bundle cannot be read: ${why}`], notes: [] };
  }
}

function judge(
  files: BundleFiles,
  certificate: Certificate,
  events: readonly RunEvent[],
  { suiteVersion, specs }: Verifier,
): Verification {
  const results = resultsOf(events);
  const { run } = results;
  if (run.suiteVersion !== suiteVersion) {
    const verdicts = new Map(results.specs.map((spec) => [spec.id, spec.verdict]));
    const troubles = certificate.profiles.flatMap(({ name, passed }) =>
      passed
        .filter((id) => verdicts.get(id) !== "passed")
        .map(
          (id) => `${BUNDLE.certificate} says that ${id} of the profile ${name} passed, and ${BUNDLE.events} does not`,
        ),
    );
    const note = `the bundle is of critique ${run.suiteVersion}: only that version can say whether its profiles are complete`;
    return { troubles, notes: [note] };
  }
  const profiles = certificate.profiles.map(({ name }) => profileOf(name, specs, run.capabilities));
  const troubles = profiles.flatMap((profile) =>
    refusals(profile, results).map((reason) => `${BUNDLE.events} does not earn the profile ${profile.name}: ${reason}`),
  );
  if (profiles.length === 0) troubles.push(`${BUNDLE.certificate} has no profile`);
  const product = parseProduct(textOf(files, BUNDLE.product), BUNDLE.product);
  const remade = certificateOf(product, profiles, results, {
    specs,
    endedAt: certificate.run.endedAt,
    node: certificate.versions.node,
  });
  if (JSON.stringify(remade) !== JSON.stringify(certificate)) {
    troubles.push(`${BUNDLE.certificate} is not what ${BUNDLE.events} and ${BUNDLE.product} give`);
  }
  for (const [name, content] of derivedFiles(certificate, events, results)) {
    if (!files.get(name)?.equals(content)) troubles.push(`${name} is not what ${BUNDLE.events} gives`);
  }
  return { troubles, notes: [] };
}

function textOf(files: BundleFiles, name: string): string {
  const content = files.get(name);
  if (!content) throw new Error(`${name} is missing`);
  return content.toString("utf8");
}
