import { availableParallelism } from "node:os";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import { chosenLab } from "../../../src/cli/lab-choice.js";
import { SourceRank, type Invocation } from "../../../src/cli/invocation.js";
import { recordedOptions } from "../../../src/cli/recorded-options.js";
import { readSettings } from "../../../src/cli/settings.js";
import type { OptionKey } from "../../../src/cli/options.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

type Given = Partial<Record<OptionKey, string[]>>;

describe("settings", () => {
  let folder: TempFolder;
  let file: string;

  beforeEach(async () => {
    folder = await createTempFolder("settings");
    file = join(folder.path, "critique.yaml");
  });
  afterEach(() => folder.remove());

  const read = (given: Given, env: NodeJS.ProcessEnv = {}) =>
    readSettings("run", new Map(Object.entries(given) as [OptionKey, string[]][]), env);
  const invocation = async (given: Given, env: NodeJS.ProcessEnv = {}) =>
    (await read(given, env)) as unknown as Invocation;

  it("have defaults", async () => {
    const { options, sources } = await read({});
    expect(options).to.deep.include({
      parallel: Math.min(8, 3 * availableParallelism()),
      retries: 0,
      failFast: false,
      focus: [],
      images: "hermetic",
    });
    expect(options.runtimeEndpoint).to.equal(undefined);
    expect(sources.size).to.equal(0);
  });

  it("come from the command line, else the environment, else the file", async () => {
    await writeFile(file, "runtime-endpoint: /file.sock\nparallel: 3\nfail-fast: true\n");
    const env = { CONTAINER_RUNTIME_ENDPOINT: "/env.sock", CRITIQUE_CONFIG: file };

    const all = await read({ runtimeEndpoint: ["/line.sock"] }, env);
    expect(all.options.runtimeEndpoint?.uri).to.equal("unix:///line.sock");
    expect(all.options).to.deep.include({ parallel: 3, failFast: true });
    expect(all.sources.get("parallel")).to.deep.equal({ name: `${file}:2`, rank: SourceRank.ConfigFile });

    const withEnv = await read({}, env);
    expect(withEnv.options.runtimeEndpoint?.uri).to.equal("unix:///env.sock");
    expect(withEnv.sources.get("runtimeEndpoint")?.name).to.equal("CONTAINER_RUNTIME_ENDPOINT");

    const withFile = await read({ config: [file] });
    expect(withFile.options.runtimeEndpoint?.uri).to.equal("unix:///file.sock");
    expect(withFile.sources.get("runtimeEndpoint")?.name).to.equal(`${file}:1`);
  });

  it("ignore a variable that is empty", async () => {
    expect((await read({}, { CONTAINER_RUNTIME_ENDPOINT: "", NO_COLOR: "" })).sources.size).to.equal(0);
  });

  it("take lists in the file both ways", async () => {
    await writeFile(file, "level: [required, optional]\nids: SBX-*,CTR-001\nfocus: [a, b]\n");
    const { options } = await read({ config: [file] });
    expect(options.level).to.deep.equal(["required", "optional"]);
    expect(options.ids).to.deep.equal(["SBX-*", "CTR-001"]);
    expect(options.focus.map(({ source }) => source)).to.deep.equal(["a", "b"]);
  });

  it("leave options of other commands in the file alone", async () => {
    await writeFile(file, "samples: 5\nparallel: 2\n");
    const { options } = await read({ config: [file] });
    expect(options).to.deep.include({ samples: 100, parallel: 2 });
  });

  it("let a lab and an endpoint override each other by the strength of their source", async () => {
    const env = { CONTAINER_RUNTIME_ENDPOINT: "/env.sock" };
    expect(chosenLab(await invocation({}, env))).to.equal(undefined);
    expect(chosenLab(await invocation({ lab: [""] }, env))).to.equal("");
    expect(chosenLab(await invocation({ lab: ["crun"] }))).to.equal("crun");
    expect(chosenLab(await invocation({ lab: [""], runtimeHandler: ["crun"] }))).to.equal("crun");

    await writeFile(file, "lab: true\n");
    expect(chosenLab(await invocation({ config: [file] }))).to.equal("");
    expect(chosenLab(await invocation({ config: [file], runtimeEndpoint: ["/line.sock"] }))).to.equal(undefined);
    expect(chosenLab(await invocation({ config: [file] }, env))).to.equal(undefined);
  });

  it("are recorded as a reader would write them", async () => {
    const recorded = recordedOptions(
      await invocation({ focus: ["stop"], shard: ["1/2"], runtimeEndpoint: ["/x.sock"], reportDir: ["/home/me"] }),
    );
    expect(recorded).to.deep.equal({
      focus: ["stop"],
      shard: { index: 1, count: 2 },
      "runtime-endpoint": "unix:///x.sock",
    });
  });
});
