// Keeps what a run reached of the contract, and makes docs/coverage.md of it: node dist/tools/record-coverage.js DIR

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";

import { readCoverageExceptions } from "../src/harness/coverage-exceptions.js";
import { coverageRecord } from "../src/report/coverage.js";
import type { RunResults } from "../src/report/model.js";
import { coverageDocs, COVERAGE_PATH } from "./coverage-docs.js";
import { REPO_ROOT } from "./repo-root.js";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Name the folder of a run: node dist/tools/record-coverage.js DIR");
  process.exit(2);
}
const results = JSON.parse(await readFile(join(folder, "results.json"), "utf8")) as RunResults;
const { contract } = results.run;
if (!contract?.fields) throw new Error(`The run in ${folder} recorded no fields: run the suite again.`);
// The reasons as they are now, so that one may be added without another run.
contract.exceptions = await readCoverageExceptions();
const { run, specs, rpcs, fields } = coverageRecord(results);
const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join(",\n");
const json = `{"run":${JSON.stringify(run)},"specs":${JSON.stringify(specs)},"rpcs":[${lines(rpcs)}],"fields":[${lines(fields)}]}`;
await writeFile(join(REPO_ROOT, COVERAGE_PATH), await format(json, { parser: "json", printWidth: 120 }));
await writeFile(join(REPO_ROOT, "docs/coverage.md"), await coverageDocs());
