import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { REPO_ROOT } from "../../tools/repo-root.js";

/** A document for people, by its path in the repository. */
export interface Document {
  path: string;
  text: string;
}

/** README, CONTRIBUTING and all of docs/. */
export async function readDocuments(): Promise<Document[]> {
  const docs = (await readdir(join(REPO_ROOT, "docs")))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  const paths = ["README.md", "CONTRIBUTING.md", "fixtures/runtimes/README.md", "reports/README.md", ...docs.sort()];
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(REPO_ROOT, path), "utf8") })));
}

/** The text without what stands in code, where a bracket is no link and a # no heading. */
export function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replace(/`[^`\n]*`/g, (code) => "x".repeat(code.length));
}

/** The anchors that GitHub gives a document's headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ""] of text.replace(/^( *)```[\s\S]*?^\1```$/gm, "").matchAll(/^#{1,6} +(.+)$/gm)) {
    const base = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The lines of a document's sh blocks, without their comments; a line that ends in a backslash goes on. */
export function commandsOf({ text }: Document): string[] {
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)].flatMap(([, , block = ""]) =>
    block
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.replace(/(^| )# .*$/, "").trim())
      .filter((line) => line !== ""),
  );
}
