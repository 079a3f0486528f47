import { expect } from "chai";
import { describe, it } from "mocha";

import { boundResults } from "../../../../src/report/bounds.js";
import { annotationsReporter } from "../../../../src/report/reporters/annotations.js";
import { csvReporter } from "../../../../src/report/reporters/csv.js";
import { summaryReporter } from "../../../../src/report/reporters/summary.js";
import { tapReporter } from "../../../../src/report/reporters/tap.js";
import { expectGolden } from "../golden.js";
import { attempt, largeRun, NASTY_TEXTS, nastyRun, resultsOf, resultsOfOne } from "../sample-run.js";

describe("summary.md", () => {
  it("is as agreed for the sample run", async () => {
    await expectGolden("summary.md", summaryReporter.render(resultsOf(), {}));
  });

  it("says in the first lines that all went well", () => {
    const text = summaryReporter.render(resultsOfOne(attempt({ status: "ok" })), {});
    expect(text.split("\n")[2]).to.match(/^✅ \*\*containerd v2\.1\.4 .* behaved as expected: 1 spec passed/);
  });

  it("keeps below the size at which GitHub drops it, counts what it left out, and closes what it opened", () => {
    const long = "y".repeat(5_000);
    const outcome = { status: "mismatch", mismatches: [{ subject: long, expected: long, seen: long }] } as const;
    const results = resultsOfOne(attempt({ ...outcome, mismatches: [...outcome.mismatches] }));
    const [spec] = results.specs;
    if (!spec) throw new Error("no spec");
    const specs = Array.from({ length: 5_000 }, (_, index) => ({ ...spec, id: `CTR-${index}` }));
    const text = summaryReporter.render({ ...results, specs }, {});

    const shown = text.match(/^### /gm)?.length ?? 0;
    expect(shown).to.be.greaterThan(100);
    expect(text).to.contain(`**${5_000 - shown} more entries** are left out`);
    expect(Buffer.byteLength(text)).to.be.within(500_000, 1024 * 1024);
    for (const one of [text, summaryReporter.render(largeRun(5_000), {})]) {
      expect(one.match(/<details>/g)?.length).to.equal(one.match(/<\/details>/g)?.length);
    }
  });

  it("lets a runtime's text add no row, heading, link, mention or fence", () => {
    const text = summaryReporter.render(boundResults(nastyRun([NASTY_TEXTS.markdown, NASTY_TEXTS.script])), {});
    const prose = withoutCode(text);
    expect(prose).not.to.match(/<(script|img)|[^`]@octocat|(?<!\\)\]\(javascript|^# heading/m);
    expect(prose.match(/^#+ .*/gm)?.filter((line) => !/^(# Critique|## |### BAD)/.test(line))).to.deep.equal([]);
  });
});

describe("results.tap", () => {
  it("is as agreed for the sample run", async () => {
    await expectGolden("results.tap", tapReporter.render(resultsOf(), {}));
  });

  it("has exactly one test point per spec, whatever a runtime says", () => {
    const results = boundResults(nastyRun());
    const lines = tapReporter.render(results, {}).split("\n");
    expect(lines.filter((line) => /^(not )?ok\b/.test(line))).to.have.length(results.specs.length);
    expect(lines.filter((line) => line === "  ...")).to.have.length(
      results.specs.filter((spec) => !spec.asExpected).length,
    );
    expect(lines[1]).to.equal(`1..${results.specs.length}`);
  });
});

describe("results.csv", () => {
  it("is as agreed for the sample run", async () => {
    await expectGolden("results.csv", csvReporter.render(resultsOf(), {}));
  });

  it("quotes what needs it and disarms formulas", () => {
    const reason = (text: string) => {
      const csv = csvReporter.render(resultsOfOne(attempt({ status: "broken", reason: text })), {});
      return csv.slice(csv.indexOf("broken,false,") + "broken,false,".length, csv.lastIndexOf(",10,1,"));
    };
    expect(reason('a "b", c')).to.equal('"a ""b"", c"');
    expect(reason("a\nb")).to.equal('"a\nb"');
    expect(reason("=1+1")).to.equal(`"'=1+1"`);
    expect(reason("plain")).to.equal("plain");
  });
});

describe("annotations.txt", () => {
  it("is as agreed for the sample run", async () => {
    await expectGolden("annotations.txt", annotationsReporter.render(resultsOf(), {}));
  });

  it("writes no more of a kind than GitHub shows, and names the others", () => {
    const lines = annotationsReporter.render(largeRun(2_000), {}).split("\n");
    const errors = lines.filter((line) => line.startsWith("::error "));
    expect(errors).to.have.length(10);
    expect(errors.at(-1)).to.match(/^::error title=41 more::BIG-\d+, /);
  });

  it("writes commands of its own only", () => {
    const lines = annotationsReporter.render(boundResults(nastyRun()), {}).trimEnd().split("\n");
    for (const line of lines) expect(line).to.match(/^::(error|warning|notice) title=[^:]*::/);
    expect(lines.filter((line) => line.startsWith("::notice"))).to.have.length(1);
  });
});

/** Markdown without its code blocks and code spans, in which anything may stand. */
function withoutCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})[^`\n]*\n[^]*?\n\1$/gm, "")
    .replaceAll("\\`", "")
    .replace(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, "");
}
