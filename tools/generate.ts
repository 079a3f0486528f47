// Replaces the generated sources and pages: npm run generate

import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createTempFolder } from "../src/support/temp-folder.js";
import { GENERATED_FOLDERS, generateInto } from "./generated-code.js";
import { GENERATED_DOCS } from "./generated-docs.js";
import { REPO_ROOT } from "./repo-root.js";

await using fresh = await createTempFolder("generate");
await generateInto(fresh.path);

// Only now, so that a proto file which does not compile leaves the checkout as it is.
for (const folder of GENERATED_FOLDERS) {
  const target = join(REPO_ROOT, folder);
  await rm(target, { recursive: true, force: true });
  await cp(join(fresh.path, folder), target, { recursive: true });
}

for (const [path, make] of GENERATED_DOCS) await writeFile(join(REPO_ROOT, path), await make());
