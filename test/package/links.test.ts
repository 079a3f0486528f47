import { access, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";

import { OPTION_LIST } from "../../src/cli/options.js";
import { REPO_ROOT } from "../../tools/repo-root.js";
import { anchorsOf, readDocuments, withoutCode } from "./documents.js";

describe("the documents", () => {
  it("link to files and headings that there are", async () => {
    const broken: string[] = [];
    for (const { path, text } of await readDocuments()) {
      for (const [, target = ""] of withoutCode(text).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = "", anchor] = target.split("#");
        const linked = file === "" ? path : normalize(join(dirname(path), file));
        const exists = await access(join(REPO_ROOT, linked)).then(
          () => true,
          () => false,
        );
        if (!exists) broken.push(`${path}: ${target}: no such file`);
        else if (anchor !== undefined && !anchorsOf(await readFile(join(REPO_ROOT, linked), "utf8")).has(anchor)) {
          broken.push(`${path}: ${target}: no such heading`);
        }
      }
    }
    expect(broken).to.deep.equal([]);
  });

  it("are all reachable from the README", async () => {
    const documents = new Map((await readDocuments()).map(({ path, text }) => [path, text]));
    const seen = new Set<string>();
    const visit = (path: string): void => {
      const text = documents.get(path);
      if (text === undefined || seen.has(path)) return;
      seen.add(path);
      for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s#]+)/g))
        visit(normalize(join(dirname(path), target)));
    };
    visit("README.md");
    expect([...documents.keys()].filter((path) => path.startsWith("docs/") && !seen.has(path))).to.deep.equal([]);
  });

  it("map critest's flags to options that there are", async () => {
    const text = (await readDocuments()).find(({ path }) => path === "docs/from-critest.md")?.text ?? "";
    const flags = new Set<string>(OPTION_LIST.map(({ flag }) => flag));
    const rows = [...text.matchAll(/^\| [^|]*--[^|]*\|([^|]*)\|$/gm)];
    expect(rows).to.have.length.above(10);
    for (const [, critique = ""] of rows) {
      for (const [flag] of critique.matchAll(/--[a-z][a-z-]+/g)) expect(flags.has(flag), flag).to.equal(true);
    }
  });
});
