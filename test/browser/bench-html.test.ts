import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { chromium, type Browser } from "playwright-core";

import { COMPARE_EXPORTERS } from "../../src/bench/exporters/compare-exporters.js";
import { BENCH_EXPORTERS } from "../../src/bench/exporters/index.js";
import { benchmarkMarkup } from "../../src/bench/exporters/html.js";
import { runBench, runCompare } from "../../src/bench/index.js";
import { htmlDocument } from "../../src/report/html/document.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { fakeConnection } from "../unit/bench/fake-connection.js";
import { fakeScenario } from "../unit/bench/fake-scenario.js";
import { resultsOf } from "../unit/report/sample-run.js";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** A version that a runtime could give, and that must stay text. */
const HOSTILE = "<img src=http://example.org/x onerror=window.broken=1>";

describe("the reports of benchmarks in a browser", function () {
  // Each calibration makes some thousand calls.
  this.timeout(120_000);
  let browser: Browser;
  let folder: TempFolder;
  let pages: Record<string, string>;

  before(async () => {
    const target = { connection: fakeConnection(), image: "none" };
    const scenarios = [fakeScenario().scenario];
    const result = await runBench({ ...target, scenarios, samples: 30, warmup: 3 });
    const targets = [
      { ...target, name: "runc" },
      { ...target, name: "crun" },
    ];
    const comparison = await runCompare({ targets, scenarios, samples: 12, warmup: 0 });
    for (const one of [result, ...comparison.targets.map((side) => side.result)]) one.target.runtime.version = HOSTILE;
    const isPage = ({ fileName }: { fileName: string }) => fileName === "report.html";
    pages = {
      bench: BENCH_EXPORTERS.find(isPage)?.render(result) ?? "",
      compare: COMPARE_EXPORTERS.find(isPage)?.render(comparison) ?? "",
      run: htmlDocument(resultsOf(), benchmarkMarkup(result)),
    };
    folder = await createTempFolder("browser");
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--headless", "--no-sandbox", "--disable-gpu"],
    });
  });
  after(async () => {
    await browser?.close();
    await folder?.remove();
  });

  for (const name of ["bench", "compare", "run"]) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`${name}: axe calls nothing serious and nothing is loaded, in ${colorScheme} colours`, async () => {
        const path = join(folder.path, `${name}.html`);
        await writeFile(path, pages[name] ?? "");
        const url = pathToFileURL(path).href;
        // axe is put into the page, which its policy would not allow.
        const context = await browser.newContext({ colorScheme, bypassCSP: true });
        try {
          const page = await context.newPage();
          const requests: string[] = [];
          page.on("request", (request) => requests.push(request.url()));
          await page.goto(url);
          if (name === "run") await page.getByRole("link", { name: "Benchmarks" }).click();
          await page.getByText("Distribution of the total").or(page.getByText("fake: percentiles")).first().waitFor();
          await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
          const violations = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
            "axe.run().then(({ violations }) => violations)",
          );
          const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          expect(serious.map(({ id, nodes }) => [id, nodes[0]?.html])).to.deep.equal([]);
          expect(requests.filter((request) => !request.startsWith(url) && !request.startsWith("data:"))).to.deep.equal(
            [],
          );
          expect(await page.evaluate("window.broken")).to.equal(undefined);
          expect(await page.locator("body").innerText()).to.include(HOSTILE);
          const shots = process.env["CRITIQUE_SCREENSHOTS"];
          if (shots !== undefined)
            await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), fullPage: true });
        } finally {
          await context.close();
        }
      });
    }
  }
});
