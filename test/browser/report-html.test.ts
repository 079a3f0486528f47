import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

import { boundResults } from "../../src/report/bounds.js";
import { htmlDocument } from "../../src/report/html/document.js";
import type { RunResults } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { largeRun, nastyRun, resultsOf } from "../unit/report/sample-run.js";

/** Where Debian's package puts it; another one may be named in the environment. */
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Flags for a container where root runs the tests, and against calls home of the browser's own. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The time in which a reader expects a page to open; a good machine needs a fifth of it for 5,000 specs. */
const OPEN_LIMIT_MS = 2_000;

const SPEC_COUNT = 5_000;
const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 } };

describe("report.html in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;

  before(async () => {
    folder = await createTempFolder("browser");
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });

  after(async () => {
    await browser.close();
    await folder.remove();
  });

  /** Opens a report in a context of its own; `use` gets the page and what it asked for and complained about. */
  async function withReport(
    results: RunResults,
    options: BrowserContextOptions & { hash?: string },
    use: (page: Page, seen: { requests: string[]; complaints: string[] }) => Promise<void>,
  ): Promise<void> {
    const { hash = "", ...contextOptions } = options;
    const path = join(folder.path, "report.html");
    await writeFile(path, htmlDocument(results));
    const context = await browser.newContext(contextOptions);
    try {
      const page = await context.newPage();
      const url = pathToFileURL(path).href;
      const seen = { requests: [] as string[], complaints: [] as string[] };
      page.on("request", (request) => seen.requests.push(request.url().replace(/^data:.*/, "data:")));
      page.on("console", (message) => seen.complaints.push(message.text()));
      page.on("pageerror", (error) => seen.complaints.push(error.message));
      await page.goto(`${url}${hash}`);
      await use(page, seen);
      expect(seen.complaints).to.deep.equal([]);
      expect(seen.requests.filter((request) => request !== "data:" && !request.startsWith(url))).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  it(`opens with ${SPEC_COUNT} specs for less than ${OPEN_LIMIT_MS} ms of processor time`, async function () {
    const results = largeRun(SPEC_COUNT);
    let openMs = 0;
    await withReport(results, DESKTOP, async (page) => {
      const session = await page.context().newCDPSession(page);
      // What the page's thread itself worked: a clock would count what else runs on a busy machine.
      await session.send("Performance.enable", { timeDomain: "threadTicks" });
      await page.reload();
      // Until the frame after the rows were made.
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
      expect(await page.locator(".spec").count()).to.be.greaterThan(50);
      const { metrics } = await session.send("Performance.getMetrics");
      openMs = 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
    });
    expect(openMs).to.be.within(1, OPEN_LIMIT_MS);
  });

  it("shows what failed first, unfolded, with what was expected and seen", async () => {
    await withReport(resultsOf(), DESKTOP, async (page) => {
      const first = page.locator(".spec").first();
      expect(await first.getAttribute("id")).to.equal("CTR-027");
      expect(await first.locator("tbody tr").nth(1).innerText()).to.match(/exit_code\s+7\s+137 \(128 \+ SIGKILL\)/);
      expect(await first.innerText())
        .to.contain("kills only after the grace period")
        .and.to.contain("Transcript: 5 RPCs");
    });
  });

  it("narrows the list by text, verdict, level, area and RPC, and resets", async () => {
    await withReport(largeRun(SPEC_COUNT), DESKTOP, async (page) => {
      const countIs = (text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();
      await countIs(`All ${SPEC_COUNT} specs`);
      await page.getByLabel("Text", { exact: true }).fill("number 4321 ");
      await countIs(`1 of ${SPEC_COUNT} specs`);
      expect(await page.locator(".spec .id").allInnerTexts()).to.deep.equal(["BIG-4321"]);
      await page.getByRole("button", { name: "Reset" }).click();
      await countIs(`All ${SPEC_COUNT} specs`);
      await page.getByLabel("Verdict", { exact: true }).selectOption("failed");
      await countIs(`125 of ${SPEC_COUNT} specs`);
      await page.getByLabel("Level", { exact: true }).selectOption("required");
      await countIs(`41 of ${SPEC_COUNT} specs`);
      await page.getByLabel("Area", { exact: true }).selectOption("image");
      await countIs(`0 of ${SPEC_COUNT} specs`);
      await page.getByRole("button", { name: "125 failed" }).click();
      await countIs(`125 of ${SPEC_COUNT} specs`);
      await page.getByRole("link", { name: "Coverage" }).click();
      await page.getByRole("button", { name: "PullImage" }).click();
      await countIs(`2500 of ${SPEC_COUNT} specs`);
    });
  });

  it("makes more rows as the reader gets near the end, up to the last", async () => {
    await withReport(largeRun(500), DESKTOP, async (page) => {
      const rows = page.locator(".spec");
      while ((await rows.count()) < 500) {
        const before = await rows.count();
        await rows.last().scrollIntoViewIfNeeded();
        await rows.nth(before).waitFor();
      }
      expect(await page.getByRole("button", { name: /Show more/ }).count()).to.equal(0);
    });
  });

  it("opens at the spec that the address names, also far down and while another filter is set", async () => {
    await withReport(largeRun(SPEC_COUNT), { ...DESKTOP, hash: "#BIG-4998" }, async (page) => {
      await page.locator("#BIG-4998[open] .detail").waitFor();
      expect(await isInView(page, "BIG-4998")).to.equal(true);
      await page.getByLabel("Verdict", { exact: true }).selectOption("failed");
      await page.evaluate("location.hash = '#BIG-0001'");
      await page.locator("#BIG-0001[open] .detail").waitFor();
      expect(await isInView(page, "BIG-0001")).to.equal(true);
    });
  });

  it("can be read with the keyboard alone", async () => {
    await withReport(resultsOf(), DESKTOP, async (page) => {
      await page.locator("#SBX-001 > summary").focus();
      await page.keyboard.press("Enter");
      await page.locator("#SBX-001[open] .detail").waitFor();
      await page.getByRole("link", { name: "Environment" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Capabilities" }).waitFor();
      expect(await page.getByRole("link", { name: "Environment" }).getAttribute("aria-current")).to.equal("page");
    });
  });

  it("shows what a runtime says as text, whatever it says", async () => {
    const results = boundResults(nastyRun());
    await withReport(results, DESKTOP, async (page) => {
      expect(await page.locator(".spec").count()).to.equal(results.specs.length);
      await page.evaluate("for (const row of document.querySelectorAll('.spec')) row.open = true");
      await page
        .locator(".spec .detail")
        .nth(results.specs.length - 1)
        .waitFor();
      expect(await page.evaluate("window.broken")).to.equal(undefined);
      expect(await page.locator("img, iframe, testcase").count()).to.equal(0);
      expect(await page.locator("#BAD-001 .seen").innerText()).to.contain(
        "</script><script>window.broken = true</script>",
      );
      expect(await page.locator("#BAD-201 .seen").innerText()).to.contain("\\x1b[2J\\x1b[31mred");
    });
  });

  it("puts every view on paper, with the failures unfolded", async () => {
    await withReport(resultsOf(), DESKTOP, async (page) => {
      await page.emulateMedia({ media: "print" });
      await page.evaluate("window.dispatchEvent(new Event('beforeprint'))");
      for (const heading of ["Specs (8)", "Coverage", "Environment"]) {
        expect(await page.getByRole("heading", { name: heading }).isVisible(), heading).to.equal(true);
      }
      expect(await page.getByRole("search").isVisible()).to.equal(false);
      expect(await page.locator(".spec[open] .detail").count()).to.equal(5);
    });
  });

  it("fits a phone without scrolling sideways", async () => {
    for (const results of [resultsOf(), boundResults(nastyRun())]) {
      await withReport(results, PHONE, async (page) => {
        for (const hash of ["#specs", "#findings", "#coverage", "#slowest", "#environment"]) {
          await page.evaluate(`location.hash = "${hash}"`);
          expect(await page.evaluate("document.documentElement.scrollWidth"), hash).to.be.at.most(390);
          expect(await page.evaluate(CUT_OFF), hash).to.deep.equal([]);
        }
      });
    }
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has no accessibility trouble that axe calls serious, in ${colorScheme} colours`, async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      await withReport(resultsOf(), { ...DESKTOP, colorScheme }, async (page) => {
        await page.evaluate(axe);
        for (const hash of ["#specs", "#findings", "#coverage", "#slowest", "#environment"]) {
          await page.evaluate(`location.hash = "${hash}"`);
          await page.locator(`nav a[href="${hash}"][aria-current]`).waitFor();
          const violations = await page.evaluate<
            { id: string; impact: string; help: string; nodes: { html: string }[] }[]
          >("axe.run().then(({ violations }) => violations)");
          const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          const told = serious.map(
            ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`,
          );
          expect(told, hash).to.deep.equal([]);
        }
      });
    });
  }
});

/** Texts of the rows' heads that reach beyond the screen, where nobody can scroll to. */
const CUT_OFF = `[...document.querySelectorAll("summary > *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth)
  .map((element) => element.textContent)`;

async function isInView(page: Page, id: string): Promise<boolean> {
  return page.evaluate(`(() => {
    const { top, bottom } = document.getElementById("${id}").getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  })()`);
}
