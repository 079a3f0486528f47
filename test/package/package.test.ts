import { access, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { parse } from "yaml";

import type { RunResults } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { REPO_ROOT } from "../../tools/repo-root.js";
import { startFakeRuntime } from "../support/fake-runtime.js";
import { readDocuments, withoutCode } from "./documents.js";
import { installGlobally, packPackage, run, type PackedPackage } from "./packed.js";

describe("the package", function () {
  this.timeout(300_000);

  let folder: TempFolder;
  let packed: PackedPackage;
  let programs: string;

  before(async () => {
    folder = await createTempFolder("package");
    packed = await packPackage(folder.path);
    programs = await installGlobally(packed.path, folder.path);
  });
  after(() => folder?.remove());

  const critique = (...args: string[]) =>
    run(join(programs, "critique"), args, folder.path, {
      CRI_CONFIG_FILE: "/nonexistent/crictl.yaml",
      CRITIQUE_STATE_FOLDER: join(folder.path, "state"),
    });

  it("holds what a run needs and nothing else", async () => {
    const top = new Set(
      packed.files.map((path) =>
        path
          .split("/")
          .slice(0, path.startsWith("dist/") ? 2 : 1)
          .join("/"),
      ),
    );
    expect([...top].sort()).to.deep.equal(
      [
        ...["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "bin", "deploy", "dist/src", "dist/suites"],
        ...["docs", "fixtures", "package.json", "proto"],
      ].sort(),
    );
    expect(packed.files.filter((path) => /\.test\.|(^|\/)(test|node_modules|reports)\/|\.env|\.pem$/.test(path))).to.be
      .empty;
    for (const path of packed.files.filter((file) => /^dist\/.*\.js$/.test(file))) {
      const source = join(REPO_ROOT, path.replace(/^dist\//, "").replace(/\.js$/, ".ts"));
      await access(source).catch(() => expect.fail(`${path} was compiled from a file that is gone: run npm run clean`));
    }
  });

  it("holds every file that its documents link to", async () => {
    const files = new Set(packed.files);
    const missing: string[] = [];
    for (const { path, text } of await readDocuments()) {
      if (!files.has(path)) continue;
      for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        const file = normalize(join(dirname(path), target.replace(/#.*/, "")));
        const isElsewhere = /^(#|[a-z]+:)/.test(target);
        if (!isElsewhere && !files.has(file)) missing.push(`${path}: ${target}`);
      }
    }
    expect(missing).to.deep.equal([]);
  });

  it("installs from its tarball into a working program", async () => {
    const { version } = JSON.parse(await readFile(join(REPO_ROOT, "package.json"), "utf8")) as { version: string };
    expect((await critique("--version")).stdout).to.equal(`${version}\n`);
    const { stdout } = await critique("list", "--json", "--quiet");
    const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
    expect(ids).to.include("RTI-001").and.have.length.above(100);
    if (process.getuid?.() !== 0) return;
    const reports = join(folder.path, "out");
    await critique("run", "--lab", "--ids", "RTI-001", "--report-dir", reports);
    const { counts } = JSON.parse(await readFile(join(reports, "results.json"), "utf8")) as RunResults;
    expect(counts).to.include({ passed: 1, failed: 0 });
  });

  it("is what the container image is made of", async () => {
    // No engine builds the image here, so its steps are looked at one by one; the installation is the one above.
    const steps = (await readFile(join(REPO_ROOT, "deploy/Dockerfile"), "utf8"))
      .replace(/^#.*\n/gm, "")
      .replaceAll("\\\n", " ")
      .split("\n")
      .filter((line) => line !== "");
    expect(steps.map((step) => step.split(" ")[0])).to.deep.equal([
      "FROM",
      "RUN",
      "COPY",
      "RUN",
      "WORKDIR",
      "ENTRYPOINT",
      "CMD",
    ]);
    const [, copied = "", target = ""] = /^COPY (\S+) (\S+)$/.exec(steps[2] ?? "") ?? [];
    expect(packed.path.split("/").at(-1)).to.match(new RegExp(`^${copied.replaceAll(".", "\\.").replace("*", ".*")}$`));
    expect(steps[3]).to.include(`npm install --global --omit=dev --no-audit --no-fund ${target}`);
    const { node } = (
      JSON.parse(await readFile(join(REPO_ROOT, "package.json"), "utf8")) as { engines: { node: string } }
    ).engines;
    const major = Number(/node:(\d+)/.exec(steps[0] ?? "")?.[1]);
    expect(major).to.be.at.least(Number(/\d+/.exec(node)?.[0]));
    await access(join(programs, (JSON.parse(steps[5]?.replace("ENTRYPOINT ", "") ?? "[]") as string[])[0] ?? ""));
  });

  it("leaves results where Sonobuoy looks for them", async () => {
    const text = await readFile(join(REPO_ROOT, "deploy/sonobuoy-plugin.yaml"), "utf8");
    const { spec } = parse(text) as { spec: { command: string[]; args: string[] } };
    const results = join(folder.path, "results");
    const config = join(folder.path, "critique.yaml");
    const runtime = await startFakeRuntime();
    try {
      await run("mkdir", [results], folder.path);
      await run("sh", ["-c", `echo 'ids: [RTI-001, SBX-008]' > "$0"`, config], folder.path);
      const [shell = "", ...first] = spec.command;
      const { stdout } = await run(shell, [...first, ...spec.args], folder.path, {
        PATH: `${programs}:${process.env["PATH"]}`,
        SONOBUOY_RESULTS_DIR: results,
        CONTAINER_RUNTIME_ENDPOINT: runtime.socketPath,
        CRITIQUE_CONFIG: config,
        CRITIQUE_STATE_FOLDER: join(folder.path, "state"),
      });
      expect(stdout).to.include("critique ended with exit code 1");
      const named = await readFile(join(results, "done"), "utf8");
      const { stdout: names } = await run("tar", ["-tzf", named], folder.path);
      expect(names.split("\n")).to.include.members(["critique/junit.xml", "critique/report.html"]);
    } finally {
      await runtime.close();
    }
  });
});
