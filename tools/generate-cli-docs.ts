// Writes docs/cli.md: node dist/tools/generate-cli-docs.js. With --check it only says whether the file is current.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cliDocs } from "./cli-docs.js";
import { REPO_ROOT } from "./repo-root.js";

const path = join(REPO_ROOT, "docs/cli.md");
const fresh = await cliDocs();
if (!process.argv.includes("--check")) {
  await writeFile(path, fresh);
} else if ((await readFile(path, "utf8").catch(() => "")) !== fresh) {
  console.error(
    "docs/cli.md is not what the tables in src/cli give: run node dist/tools/generate-cli-docs.js and commit.",
  );
  process.exitCode = 1;
}
