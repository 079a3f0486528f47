import { createHash } from "node:crypto";
import { Script } from "node:vm";

import { expect } from "chai";
import { describe, it } from "mocha";

import { boundResults } from "../../../../src/report/bounds.js";
import { htmlDocument } from "../../../../src/report/html/document.js";
import type { RunResults } from "../../../../src/report/model.js";
import { pageScript } from "../../../../src/report/html/page-script.js";
import { attempt, nastyRun, resultsOf, resultsOfOne } from "../sample-run.js";

describe("report.html", () => {
  it("holds the results as they are", () => {
    const results = resultsOf();
    expect(dataOf(htmlDocument(results))).to.deep.equal(results);
  });

  it("lets run only its own script and style, and load nothing", () => {
    const html = htmlDocument(resultsOf());
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const [, style = ""] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
    expect(policy.split("; ")).to.include.members([
      "default-src 'none'",
      `script-src ${hash(pageScript())}`,
      `style-src ${hash(style)}`,
    ]);
    expect(html).to.contain(`<script type="module">${pageScript()}</script>`);
    expect(html).not.to.match(/(src|href)="(?!#|data:)|@import|url\(/);
  });

  it("shows measurements where there are some, under the same policy", () => {
    const html = htmlDocument(resultsOf(), "<p>pod-startup</p>");
    expect(html).to.contain('<div id="measurements" class="measurements"><p>pod-startup</p></div>');
    const policyOf = (text: string) => /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1];
    expect(policyOf(html)).to.equal(policyOf(htmlDocument(resultsOf())));
    expect(htmlDocument(resultsOf())).not.to.contain('<div id="measurements"');
  });

  it("says the verdict in its title and first heading", () => {
    expect(htmlDocument(resultsOf())).to.contain("<title>Not as expected: containerd v2.1.4");
    const html = htmlDocument(resultsOfOne(attempt({ status: "ok" })));
    expect(html).to.contain("<title>As expected: containerd v2.1.4 (handler runc) - Critique</title>");
    expect(html).to.contain("<h1>containerd v2.1.4 (handler runc) behaved as expected: 1 spec passed.</h1>");
  });

  it("keeps a runtime's text from being read as markup", () => {
    const results = boundResults(nastyRun());
    const html = htmlDocument(results);
    expect(html.match(/<\/?script\b/g)).to.have.length(4);
    expect(html).not.to.match(/<img|<testcase/);
    expect(dataOf(html)).to.deep.equal(results);
  });
});

describe("pageScript", () => {
  it("is one script without imports, exports and markup", () => {
    const script = pageScript();
    expect(() => new Script(script)).not.to.throw();
    expect(script).not.to.match(/^\s*(import|export)\b/m);
    expect(script).not.to.match(/<\/script|<!--/);
  });
});

function dataOf(html: string): RunResults {
  const [, json = ""] = /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(json) as RunResults;
}
