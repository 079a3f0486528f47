import { mkdir, readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

const FOLDER = new URL("../../../../fixtures/golden/", import.meta.url);

/** Compares a text with a file of fixtures/golden; with UPDATE_GOLDEN=1 in the environment it replaces the file. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const file = new URL(name, FOLDER);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(file, text);
  }
  expect(text).to.equal(await readFile(file, "utf8"));
}
