import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { checksumsOf } from "../../src/certify/checksums.js";
import { packageVersion } from "../../src/cli/version.js";
import { loadSpecs } from "../../src/harness/catalogue.js";
import type { Outcome } from "../../src/report/model.js";
import { runProcess } from "../../src/support/process.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { writeRecordedRun, type RecordedRunChanges } from "../support/recorded-run.js";
import { runCritique } from "./run-critique.js";

const PRODUCT = `vendor: Example Inc.
name: Example Runtime
version: 1.2.3
website_url: https://example.com
documentation_url: https://example.com/docs
type: runtime
description: Runs containers by example
contact_email_address: conformance@example.com
`;

/** A required spec without needs, one that needs a condition of every certification, and one of a feature. */
const REQUIRED = "SBX-001";
const CONDITIONED = "CTR-039";
const OF_FEATURE = "NSP-013";
const MISMATCH: Outcome = {
  status: "mismatch",
  mismatches: [{ subject: "state", expected: "READY", seen: "NOTREADY" }],
};
const SKIPPED: Outcome = { status: "notApplicable", reason: "there is no such thing", lack: "host" };

interface Verified {
  bundle: string;
  troubles: string[];
  notes: string[];
}

describe("critique certify", () => {
  let folder: TempFolder;
  let run: string;
  let bundle: string;

  beforeEach(async () => {
    folder = await createTempFolder("certify");
    run = join(folder.path, "run");
    bundle = join(folder.path, "v1/example");
    await writeFile(join(folder.path, "PRODUCT.yaml"), PRODUCT);
  });
  afterEach(() => folder.remove());

  const critique = (...args: string[]) => runCritique(args, { cwd: folder.path });
  const certify = async (changes: RecordedRunChanges = {}, ...args: string[]) => {
    await writeRecordedRun(run, await packageVersion(), changes);
    return critique("certify", run, "--bundle", bundle, ...args);
  };
  const verify = async (...bundles: string[]): Promise<Map<string, Verified>> => {
    const { stdout } = await critique("certify", "verify", "--json", ...bundles);
    return new Map((JSON.parse(stdout) as Verified[]).map((outcome) => [outcome.bundle, outcome]));
  };

  it("makes a bundle that conformance repositories can take, and that anyone can verify", async () => {
    const { code, stdout, stderr } = await certify();
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^core: \d+ specs passed$/m)
      .and.include(`${bundle}.tar.gz`);
    expect(await readdir(bundle)).to.have.members([
      ...["README.md", "PRODUCT.yaml", "e2e.log", "junit_01.xml", "certificate.json", "configuration.yaml"],
      ...["results.json", "events.ndjson", "SHA256SUMS"],
    ]);
    expect(await readFile(join(bundle, "PRODUCT.yaml"), "utf8")).to.equal(PRODUCT);
    expect(await readFile(join(bundle, "e2e.log"), "utf8")).to.match(/\| 0 Failed \| .* 0 Pending \|[^\n]*\n$/);

    const verified = await critique("certify", "verify", bundle, `${bundle}.tar.gz`);
    expect(verified.code, verified.stdout).to.equal(0);
    expect(verified.stdout).to.include("Example Runtime 1.2.3 earned core").and.not.include("rejected");
    // The list and the archive are for other tools as well.
    await runProcess("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: bundle });
    const { stdout: listing } = await runProcess("tar", ["tzf", `${bundle}.tar.gz`]);
    expect(listing.toString()).to.include("example/junit_01.xml");
  });

  const refusals: [string, RecordedRunChanges, string][] = [
    ["failed", { outcomes: { [REQUIRED]: MISMATCH } }, `${REQUIRED} (required) failed: state`],
    [
      "failed as a list of known failures said",
      {
        outcomes: { [REQUIRED]: MISMATCH },
        knownFailures: { [REQUIRED]: { pattern: REQUIRED, reason: "known", where: "list:1" } },
      },
      `${REQUIRED} (required) failed`,
    ],
    [
      "was skipped",
      { outcomes: { [CONDITIONED]: SKIPPED } },
      `${CONDITIONED} (required) was skipped: there is no such thing`,
    ],
    [
      "passed on a retry",
      { outcomes: { [REQUIRED]: [MISMATCH, { status: "ok" }] } },
      `${REQUIRED} (required) is flaky`,
    ],
    [
      "broke",
      { outcomes: { [REQUIRED]: { status: "broken", reason: "no disk" } } },
      `${REQUIRED} (required) broke on our side`,
    ],
    ["never ended", { outcomes: { [REQUIRED]: [] } }, `${REQUIRED} (required) did not run`],
    ["was left out", { outcomes: { [REQUIRED]: undefined } }, `${REQUIRED} (required) was not part of the run`],
  ];
  for (const [what, changes, reason] of refusals) {
    it(`refuses where a required spec ${what}`, async () => {
      const { code, stdout, stderr } = await certify(changes);
      expect(code, stderr).to.equal(1);
      expect(stdout).to.include(`core: ${reason}`);
      expect(stderr).to.include("not certified");
      expect(await readdir(folder.path)).to.not.include("v1");
    });
  }

  it("refuses a run that was interrupted, even where all had passed", async () => {
    const { code, stdout } = await certify({ end: { how: "interrupted", reason: "stopped by a signal" } });
    expect(code).to.equal(1);
    expect(stdout).to.include("the run did not complete: stopped by a signal");
  });

  it("asks for a feature in the feature's profile only", async () => {
    const changes = { outcomes: { [OF_FEATURE]: SKIPPED } };
    expect((await certify(changes)).code, "core").to.equal(0);
    const { code, stdout } = await critique("certify", run, "--profile", "user-namespaces", "--bundle", `${bundle}-2`);
    expect(code, "the feature").to.equal(1);
    expect(stdout).to.include(`user-namespaces: ${OF_FEATURE} (required) was skipped`);
  });

  it("certifies in full what is offered, and names what is not", async () => {
    const without = "the handler does not advertise user_namespaces";
    const specs = (await loadSpecs()).map(({ info }) => info).filter(({ needs }) => needs.includes("user-namespaces"));
    const { code, stderr } = await certify(
      {
        run: { capabilities: { ...(await everything()), "user-namespaces": without } },
        outcomes: Object.fromEntries(specs.map(({ id }) => [id, { ...SKIPPED, reason: without }])),
      },
      ...["--profile", "full,core"],
    );
    expect(code, stderr).to.equal(0);
    const certificate = JSON.parse(await readFile(join(bundle, "certificate.json"), "utf8")) as {
      notOffered: object;
      profiles: { name: string; passed: string[] }[];
    };
    expect(certificate.notOffered).to.deep.equal({ "user-namespaces": without });
    expect(certificate.profiles.map(({ name }) => name)).to.deep.equal(["full", "core"]);
    expect(certificate.profiles[0]?.passed).to.include(REQUIRED).and.not.include(OF_FEATURE);
    expect((await verify(bundle)).get(bundle)?.troubles).to.be.empty;
  });

  const everything = async () => {
    const { FEATURES } = await import("../../src/harness/features.js");
    return Object.fromEntries(Object.keys(FEATURES).map((name) => [name, true as const]));
  };

  it("keeps credentials and people's names out of the bundle", async () => {
    const options = {
      "registry-prefix": "registry.test",
      "registry-token": "hunter2",
      expectations: "/home/jane/known.txt",
    };
    const endpoint = "tcp://user:hunter2@runtime.test:1234";
    expect((await certify({ run: { options, endpoint } })).code).to.equal(0);
    for (const name of await readdir(bundle)) {
      expect(await readFile(join(bundle, name), "utf8"), name).to.not.match(/hunter2|jane/);
    }
    expect(await readFile(join(bundle, "configuration.yaml"), "utf8")).to.include("registry-prefix: registry.test");
    expect((await verify(bundle)).get(bundle)?.troubles).to.be.empty;
  });

  it("is made with the version that ran", async () => {
    await writeRecordedRun(run, "0.0.1");
    const { code, stderr } = await critique("certify", run, "--bundle", bundle);
    expect(code).to.equal(2);
    expect(stderr).to.include("certify with the version that ran");
  });

  describe("verify", () => {
    /** A copy of the bundle's folder, changed. */
    const copy = async (name: string, change: (path: string) => Promise<void>): Promise<string> => {
      const path = join(folder.path, "copies", name);
      await mkdir(join(folder.path, "copies"), { recursive: true });
      await cp(bundle, path, { recursive: true });
      await change(path);
      return path;
    };
    const flip = async (file: string, offset: number): Promise<void> => {
      const content = await readFile(file);
      const at = offset < 0 ? content.length + offset : offset;
      content[at] = (content[at] ?? 0) ^ 1;
      await writeFile(file, content);
    };

    it("rejects a byte changed anywhere in a folder, and names the file", async () => {
      await certify();
      const copies = new Map<string, string>();
      for (const name of await readdir(bundle)) {
        const { length } = await readFile(join(bundle, name));
        for (const offset of [0, Math.floor(length / 2), length - 1]) {
          copies.set(await copy(`${name}-${offset}`, (path) => flip(join(path, name), offset)), name);
        }
      }
      const verified = await verify(...copies.keys());
      expect(verified.size).to.equal(27);
      for (const [path, name] of copies) {
        expect(verified.get(path)?.troubles.join(), path).to.match(new RegExp(`^${name} was changed$`));
      }
    });

    it("rejects files added, removed, renamed and linked, and names them", async () => {
      await certify();
      const changed = new Map([
        [await copy("added", (path) => writeFile(join(path, "more.txt"), "")), ["more.txt was added"]],
        [await copy("hidden", (path) => writeFile(join(path, ".more"), "")), [".more was added"]],
        [await copy("removed", (path) => rm(join(path, "e2e.log"))), ["e2e.log is missing"]],
        [await copy("unlisted", (path) => rm(join(path, "SHA256SUMS"))), ["SHA256SUMS is missing"]],
        [
          await copy("linked", async (path) => {
            await rm(join(path, "e2e.log"));
            await symlink(join(bundle, "e2e.log"), join(path, "e2e.log"));
          }),
          ["e2e.log is no ordinary file", "e2e.log is missing"],
        ],
        [await copy("folder", async (path) => void (await mkdir(join(path, "more")))), ["more is no ordinary file"]],
      ]);
      const verified = await verify(...changed.keys());
      for (const [path, troubles] of changed) expect(verified.get(path)?.troubles, path).to.deep.equal(troubles);
    });

    it("rejects a byte changed anywhere in an archive, and names it", async () => {
      await certify();
      const archive = `${bundle}.tar.gz`;
      const { length } = await readFile(archive);
      const copies: string[] = [];
      // The header and its comment byte by byte, the rest here and there, the check at the end byte by byte.
      const offsets = [
        ...Array(96).keys(),
        ...Array.from({ length: 20 }, (_, n) => Math.floor((n * length) / 20) + 97),
      ];
      for (const offset of [...offsets.filter((at) => at < length), -8, -7, -6, -5, -4, -3, -2, -1]) {
        const path = join(folder.path, `changed${offset}.tar.gz`);
        await cp(archive, path);
        await flip(path, offset);
        copies.push(path);
      }
      const verified = await verify(...copies);
      for (const path of copies) expect(verified.get(path)?.troubles.join(), path).to.match(/^changed-?\d+\.tar\.gz /);
    });

    it("names the file in an archive that somebody packed anew", async () => {
      await certify();
      const path = await copy("example", (changed) => flip(join(changed, "results.json"), 100));
      await runProcess("tar", ["czf", `${path}.tar.gz`, "-C", join(path, ".."), "example"]);
      const [verified] = (await verify(`${path}.tar.gz`)).values();
      expect(verified?.troubles).to.include("results.json was changed");
    });

    it("rejects a better verdict, although every checksum was made anew", async () => {
      await certify();
      const rewritten = (name: string, from: string, to: string) =>
        copy(`${name}-rewritten`, async (path) => {
          const file = join(path, name);
          const text = await readFile(file, "utf8");
          expect(text).to.include(from);
          await writeFile(file, text.replaceAll(from, to));
          const names = (await readdir(path)).filter((entry) => entry !== "SHA256SUMS");
          const files = await Promise.all(
            names.map(async (entry) => [entry, await readFile(join(path, entry))] as const),
          );
          await writeFile(join(path, "SHA256SUMS"), checksumsOf(new Map(files)));
        });
      const log = await rewritten("e2e.log", "passed SBX-001", "Passed SBX-001");
      const events = await rewritten("events.ndjson", '{"status":"ok"}', JSON.stringify(MISMATCH));
      const certificate = await rewritten("certificate.json", '"1.2.3"', '"1.2.4"');
      const verified = await verify(log, events, certificate);
      expect(verified.get(log)?.troubles).to.deep.equal(["e2e.log is not what events.ndjson gives"]);
      expect(verified.get(events)?.troubles.join()).to.include("events.ndjson does not earn the profile core");
      expect(verified.get(certificate)?.troubles.join()).to.include("certificate.json is not what");
    });

    it("takes a folder that was unpacked from the archive", async () => {
      await certify();
      const elsewhere = join(folder.path, "elsewhere");
      await mkdir(elsewhere);
      await runProcess("tar", ["xzf", `${bundle}.tar.gz`, "-C", elsewhere]);
      const { code, stdout } = await critique("certify", "verify", join(elsewhere, "example"));
      expect(code, stdout).to.equal(0);
    });

    it("says what is no bundle", async () => {
      const junk = join(folder.path, "junk.tar.gz");
      await writeFile(junk, "no archive");
      expect((await verify(junk)).get(junk)?.troubles.join()).to.include("junk.tar.gz cannot be unpacked");
      const { code, stderr } = await critique("certify", "verify", join(folder.path, "nothing"));
      expect(code).to.equal(2);
      expect(stderr).to.include("name the folder or archive of a bundle");
    });
  });

  describe("PRODUCT.yaml", () => {
    const wrong: [string, string, string][] = [
      ["an unknown fact", `${PRODUCT}vender: x\n`, 'PRODUCT.yaml:9: there is no fact "vender"; did you mean "vendor"?'],
      ["an empty fact", PRODUCT.replace("Example Inc.", '""'), 'PRODUCT.yaml:1: "vendor" is empty'],
      ["a missing fact", PRODUCT.replace(/^version.*\n/m, ""), "PRODUCT.yaml lacks version"],
      ["a wrong address", PRODUCT.replace("https://example.com\n", "example.com\n"), 'PRODUCT.yaml:4: "website_url"'],
      ["no YAML", "vendor: [", "the file must be YAML"],
    ];
    for (const [what, text, message] of wrong) {
      it(`is refused with ${what}`, async () => {
        await writeFile(join(folder.path, "PRODUCT.yaml"), text);
        const { code, stderr } = await certify();
        expect(code).to.equal(2);
        expect(stderr).to.include(message);
      });
    }

    it("is written to be filled in, and never overwritten", async () => {
      const made = await critique("certify", "init", "other.yaml");
      expect(made.code, made.stderr).to.equal(0);
      expect(await readFile(join(folder.path, "other.yaml"), "utf8")).to.include("# who makes the product\nvendor:");
      expect((await certify({}, "--product", "other.yaml")).stderr).to.include('"vendor" is empty');
      const again = await critique("certify", "init", "other.yaml");
      expect(again.code).to.equal(2);
      expect(again.stderr).to.include("it exists already");
    });
  });
});
