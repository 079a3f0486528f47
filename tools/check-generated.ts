// Fails when the committed generated sources and pages are not what generating gives: npm run check:generated

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createTempFolder } from "../src/support/temp-folder.js";
import { differingFiles, GENERATED_FOLDERS, generateInto } from "./generated-code.js";
import { GENERATED_DOCS } from "./generated-docs.js";
import { REPO_ROOT } from "./repo-root.js";

await using fresh = await createTempFolder("check-generated");
await generateInto(fresh.path);

const list: string[] = [];
for (const folder of GENERATED_FOLDERS) {
  for (const { path, difference } of await differingFiles(join(REPO_ROOT, folder), join(fresh.path, folder))) {
    list.push(`  ${difference.padEnd(8)} ${folder}/${path}`);
  }
}
if (list.length > 0) {
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
