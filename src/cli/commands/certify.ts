import { writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readBundle, writeBundle } from "../../certify/bundle-folder.js";
import { certify } from "../../certify/bundle.js";
import { CHECKSUMS, sha256 } from "../../certify/checksums.js";
import { parseProduct, productTemplate, slugOf } from "../../certify/product.js";
import { verifyBundle, type Verification } from "../../certify/verify.js";
import { systemErrorCode, systemErrorReason, UsageError } from "../../config/errors.js";
import { KUBERNETES_RELEASE } from "../../cri/contract.js";
import { loadSpecs } from "../../harness/catalogue.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import { newestRun, readRun } from "../run-folder.js";
import { printJson, printLine, tell } from "../terminal.js";
import { packageVersion } from "../version.js";

const PRODUCT_FILE = "PRODUCT.yaml";

/** `critique certify`, `critique certify init` and `critique certify verify`. */
export async function execute(invocation: Invocation): Promise<ExitCode> {
  switch (invocation.command) {
    case "certify init":
      return init(invocation);
    case "certify verify":
      return verify(invocation);
    default:
      return certifyRun(invocation);
  }
}

async function certifyRun({ operands, options, terminal }: Invocation): Promise<ExitCode> {
  const file = options.product;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const remedy = "`critique certify init` writes a file to fill in, and --product names another one";
    throw new UsageError(`"${file}" cannot be read: ${systemErrorReason(error)}; ${remedy}.`);
  });
  const { events } = await readRun(operands[0] ?? (await newestRun("reports")));
  const outcome = certify({
    events,
    product: { text, file },
    profiles: options.profile,
    specs: await specInfos(),
    suiteVersion: await packageVersion(),
    node: process.versions.node,
  });
  if ("refused" in outcome) {
    if (options.json) printJson(terminal, outcome);
    else {
      for (const reason of outcome.refused) printLine(terminal, reason);
      tell(terminal, `critique: not certified, for ${outcome.refused.length} reasons.`);
    }
    return EXIT.misbehaved;
  }
  const { files, certificate } = outcome;
  const folder = options.bundle ?? defaultFolder(slugOf(parseProduct(text, file)));
  const archive = await writeBundle(folder, files);
  const digest = sha256(files.get(CHECKSUMS) ?? "");
  if (options.json) printJson(terminal, { folder, archive, digest, certificate });
  else {
    for (const { name, passed } of certificate.profiles) printLine(terminal, `${name}: ${passed.length} specs passed`);
    printLine(terminal, `Bundle ${folder}, packed as ${archive}`);
    printLine(terminal, `sha256 of ${CHECKSUMS}, to be told beside it: ${digest}`);
  }
  return EXIT.asExpected;
}

/** As conformance repositories are laid out: a folder for each release of the contract, in it one for each product. */
function defaultFolder(slug: string): string {
  return join("certification", `v${/^[\d.]+/.exec(KUBERNETES_RELEASE)?.[0] ?? "0"}`, slug);
}

async function init({ operands, terminal }: Invocation): Promise<ExitCode> {
  const path = operands[0] ?? PRODUCT_FILE;
  try {
    await writeFile(path, productTemplate(), { flag: "wx" });
  } catch (error) {
    const why = systemErrorCode(error) === "EEXIST" ? "it exists already" : systemErrorReason(error);
    throw new UsageError(`"${path}" cannot be written: ${why}; name another file.`);
  }
  tell(terminal, `critique: ${path} written; fill it in.`);
  return EXIT.asExpected;
}

async function verify({ operands, options, terminal }: Invocation): Promise<ExitCode> {
  const verifier = { suiteVersion: await packageVersion(), specs: await specInfos() };
  const outcomes: (Verification & { bundle: string })[] = [];
  for (const bundle of operands) {
    const { files, troubles } = await readBundle(bundle);
    // What cannot be unpacked at all has no files to miss.
    const inside =
      files.size === 0 && troubles.length > 0 ? { troubles: [], notes: [] } : verifyBundle(files, verifier);
    outcomes.push({ bundle, ...inside, troubles: [...troubles, ...inside.troubles] });
  }
  if (options.json) printJson(terminal, outcomes);
  else for (const outcome of outcomes) for (const line of describe(outcome)) printLine(terminal, line);
  return outcomes.every(({ troubles }) => troubles.length === 0) ? EXIT.asExpected : EXIT.misbehaved;
}

function describe({ bundle, troubles, notes, certificate }: Verification & { bundle: string }): string[] {
  const rest = notes.map((note) => `  note: ${note}`);
  if (troubles.length > 0 || !certificate) {
    return [`${bundle}: rejected`, ...troubles.map((trouble) => `  ${trouble}`), ...rest];
  }
  const { product, profiles, versions } = certificate;
  const earned = profiles.map(({ name, passed }) => `${name} (${passed.length} specs)`).join(", ");
  return [
    `${bundle}: good; ${product.name} ${product.version} earned ${earned} with critique ${versions.critique}`,
    ...rest,
  ];
}

async function specInfos() {
  return (await loadSpecs()).map(({ info }) => info);
}
