import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";

import { COMMANDS } from "../../../src/cli/commands.js";
import { parseCommandLine } from "../../../src/cli/command-line.js";
import { EXIT_CODES } from "../../../src/cli/exit-codes.js";
import { configKey, OPTION_LIST, optionsOf } from "../../../src/cli/options.js";
import { cliDocs } from "../../../tools/cli-docs.js";
import { REPO_ROOT } from "../../../tools/repo-root.js";

function helpOf(words: string): string {
  let stdout = "";
  const terminal = { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: () => true } };
  parseCommandLine([...words.split(" ").filter(Boolean), "--help"], "0.0.0", terminal);
  return stdout;
}

describe("the tables of commands and options", () => {
  it("are what docs/cli.md shows (else run node dist/tools/generate-cli-docs.js)", async () => {
    expect(await readFile(join(REPO_ROOT, "docs/cli.md"), "utf8")).to.equal(await cliDocs());
  });

  it("name every option once", () => {
    const names = OPTION_LIST.flatMap(({ flag, short }) => [flag, ...(short === undefined ? [] : [short])]);
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const option of OPTION_LIST) {
    it(`give ${option.flag} an example that it takes`, () => {
      if (option.argument === undefined) return;
      expect(option.example).to.be.a("string");
      expect(() => option.read([(option.example ?? "").replaceAll("'", "")])).not.to.throw();
    });
  }

  for (const { name, examples } of COMMANDS) {
    it(`make a help of ${name} with its options, examples and every exit code`, () => {
      const help = helpOf(name);
      for (const option of optionsOf(name)) expect(help).to.include(option.flag);
      for (const [line] of examples) expect(help).to.include(line);
      for (const code of EXIT_CODES) expect(help).to.match(new RegExp(`^ +${code}  \\S`, "m"));
    });
  }

  it("make a help that lists the commands", () => {
    for (const { name } of COMMANDS) expect(helpOf("")).to.include(name.split(" ")[0]);
  });

  it("leave no option without a key for the configuration file", () => {
    for (const option of OPTION_LIST) expect(configKey(option)).to.match(/^[a-z]+(-[a-z]+)*$/);
  });
});
