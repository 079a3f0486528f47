import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";

import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type FakeRuntime } from "../support/fake-runtime.js";
import { expectUserError } from "./expect-error.js";
import { runCritique } from "./run-critique.js";

const NOBODY_UID = 65534;
describe("a wrong option", () => {
  for (const [what, args, ...parts] of [
    ["an unknown option", ["run", "--paralel", "4"], "There is no option --paralel", 'did you mean "--parallel"?'],
    ["an unknown option with a value", ["list", "--foo=bar"], "There is no option --foo", "critique list --help"],
    [
      "an option of another command",
      ["list", "--samples", "5"],
      "--samples does not apply to `critique list`",
      "critique bench",
    ],
    ["an option before the command", ["--json", "list"], "--json goes after the command"],
    ["a missing value", ["run", "--timeout"], "--timeout needs a value: --timeout D"],
    ["an option for a value", ["run", "--focus", "--quiet"], "--focus needs a value, but --quiet follows"],
    ["an unknown command", ["lsit"], 'There is no command "lsit"; did you mean "list"?'],
    ["no command", [], "A command is missing", "critique --help"],
    ["half a command", ["lab"], "A command is missing: give one of up, exec, down, list"],
    ["an argument too many", ["list", "SBX-001"], "`critique list` takes no argument but options"],
    ["a wrong duration", ["run", "--timeout", "5 parsecs"], '--timeout: "5 parsecs" is not a duration', "for example"],
    [
      "a wrong number",
      ["run", "--parallel", "0"],
      '--parallel: "0" is not a whole number of at least 1',
      "--parallel 4",
    ],
    ["a wrong shard", ["run", "--shard", "5/4"], '--shard: "5/4" is not a shard', "--shard 2/4"],
    ["a wrong level", ["list", "--level", "must"], '--level: "must" is none of required, recommended, optional'],
    ["a wrong expression", ["list", "--focus", "("], '--focus: "(" is not a regular expression'],
    ["a wrong label", ["list", "--label-filter", "required && !slwo"], "--label-filter", "position 14"],
    [
      "a wrong handler name",
      ["run", "--runtime-handler", "a b"],
      '--runtime-handler: "a b" is not the name of a handler',
    ],
    ["a wrong image source", ["run", "--images", "publik"], 'did you mean "public"?'],
    ["a malformed id", ["run", "--ids", "SBX-1"], '--ids: "SBX-1" is no id: an id is three capital letters', "STR-*"],
    ["an id in small letters", ["list", "--ids", "sbx-001"], 'did you mean "SBX-001"?'],
    ["an unknown id", ["list", "--ids", "SBX-999"], '--ids: there is no spec "SBX-999"'],
    ["a pattern for nothing", ["list", "--ids", "SBX-99*"], 'no spec has an id like "SBX-99*"'],
    ["nothing selected", ["list", "--focus", "no title has this"], "No spec is selected: --focus no title has this"],
    ["a lab and an endpoint", ["run", "--lab", "-r", "/x"], "--lab and --runtime-endpoint exclude each other"],
    ["two handlers for a lab", ["run", "--lab=runc", "--runtime-handler", "crun"], 'the handler "runc"', '"crun"'],
    ["an unknown report", ["run", "--formats", "juint"], '--formats: "juint" is no report', 'did you mean "junit"?'],
    ["an unknown scenario", ["bench", "--scenario", "x"], 'Scenario "x" does not exist'],
    ["nothing to compare", ["compare"], "Nothing is named to compare", "--handlers runc,crun"],
    ["one side to compare", ["compare", "--handlers", "runc"], "Only one side is named to compare"],
    [
      "targets and handlers",
      ["compare", "--handlers", "runc,crun", "--target", "a=/run/a.sock"],
      "--target and --handlers exclude each other",
    ],
    ["targets and a lab", ["compare", "--lab", "--target", "a=/x", "--target", "b=/y"], "--target and --lab exclude"],
    ["a target's name twice", ["compare", "--target", "a=/x", "--target", "a=/y"], '"a" stands twice', "a-2"],
    ["a target without a name", ["compare", "--target", "/x"], '--target: "/x" is not a target'],
    [
      "a target that is not there",
      ["compare", "--target", "a=/no/such.sock", "--target", "b=/no/such.sock"],
      'There is no socket "/no/such.sock"',
      "correct --target a",
    ],
    ["a wrong objective", ["bench", "--ramp", "fast"], '--ramp: "fast" is no latency objective', "p99 < 2s"],
    ["a ramp with a rate", ["bench", "--ramp", "p99 < 2s", "--rate", "2/s"], "--ramp and --rate exclude each other"],
    ["a wrong threshold", ["bench", "--threshold", "fast"], 'Threshold "fast"'],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      expectUserError(await runCritique(args), 2, ...parts);
    });
  }
});

describe("a wrong file", () => {
  let folder: TempFolder;
  let file: string;
  let runtime: FakeRuntime;

  before(async () => (runtime = await startFakeRuntime()));
  after(() => runtime.close());
  beforeEach(async () => {
    folder = await createTempFolder("cli-test");
    file = join(folder.path, "file");
  });
  afterEach(() => folder.remove());

  it("is refused: a configuration file that is missing", async () => {
    expectUserError(
      await runCritique(["list", "--config", file]),
      2,
      `The configuration file "${file}" cannot be read`,
    );
  });

  it("is refused: a configuration file that is a folder", async () => {
    expectUserError(await runCritique(["list", "--config", folder.path]), 2, "it is no regular file");
  });

  it("is refused: a configuration file that may not be read", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await writeFile(file, "parallel: 4\n", { mode: 0o600 });
    const end = await runCritique(["list", "--config", file], { uid: NOBODY_UID, cwd: "/" });
    expectUserError(end, 2, "permission denied", "check its name and its permissions");
  });

  it("is refused: a wrong key, with its line", async () => {
    await writeFile(file, "# settings\nparallel: 4\nlevle: required\n");
    expectUserError(
      await runCritique(["list", "--config", file]),
      2,
      `${file}:3: there is no option "levle"`,
      '"level"',
    );
  });

  it("is refused: a wrong value, with its line, also of an option that does not apply", async () => {
    await writeFile(file, "level: [required]\nparallel: many\n");
    expectUserError(
      await runCritique(["list", "--config", file]),
      2,
      `${file}:2 (--parallel): "many" is not a whole number`,
    );
  });

  it("is refused: a list of known failures that is wrong, with the line", async () => {
    await writeFile(file, "# reason\nSBX-*\nNOP-001\n");
    expectUserError(await runCritique(["run", "--expectations", file]), 2, `${file}:3: there is no spec "NOP-001"`);
  });

  it("is refused: a report folder that cannot be", async () => {
    await writeFile(file, "");
    const end = await runCritique(["run", "-r", runtime.socketPath, "--report-dir", join(file, "reports")]);
    expectUserError(end, 2, "--report-dir", join(file, "reports"));
  });

  it("is refused: a report folder that may not be written to", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await mkdir(join(folder.path, "reports"), { mode: 0o755 });
    const end = await runCritique(["run", "-r", runtime.socketPath, "--report-dir", join(folder.path, "reports")], {
      uid: NOBODY_UID,
      cwd: "/",
    });
    expect(end.code).to.be.oneOf([2, 3]);
  });
});
