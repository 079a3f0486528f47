// Fails when the committed generated sources and pages are not what generating gives: npm run check:generated

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createTempFolder } from "../src/support/temp-folder.js";
import { differingFiles, GENERATED_FOLDER, generateInto } from "./generated-code.js";
import { GENERATED_DOCS } from "./generated-docs.js";
import { REPO_ROOT } from "./repo-root.js";

await using fresh = await createTempFolder("check-generated");
await generateInto(fresh.path);

const differences = await differingFiles(join(REPO_ROOT, GENERATED_FOLDER), join(fresh.path, GENERATED_FOLDER));
if (differences.length > 0) {
  const list = differences.map(({ path, difference }) => `  ${difference.padEnd(8)} ${GENERATED_FOLDER}/${path}`);
  console.error(
    `Generated files differ from proto/ and fixtures/contract/:\n${list.join("\n")}\n` +
      `Generated files must not be edited and are committed with their sources: run "npm run generate" and commit.`,
  );
  process.exitCode = 1;
}

for (const [path, make] of GENERATED_DOCS) {
  const committed = await readFile(join(REPO_ROOT, path), "utf8").catch(() => "");
  if (committed === (await make())) continue;
  console.error(`${path} is not what its sources give: run "npm run generate" and commit.`);
  process.exitCode = 1;
}
