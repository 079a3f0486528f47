import { expect } from "chai";
import { describe, it } from "mocha";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readHandlerFacts } from "../../../../src/bench/core/handler-facts.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";

describe("readHandlerFacts", () => {
  const config = (binary: string) =>
    JSON.stringify({
      containerd: {
        defaultRuntimeName: "first",
        snapshotter: "overlayfs",
        runtimes: {
          first: { runtimeType: "io.containerd.runc.v2", options: { BinaryName: binary, SystemdCgroup: false } },
          second: { runtimeType: "io.containerd.kata.v2", snapshotter: "devmapper" },
        },
      },
      registry: { auths: { example: { password: "secret" } } },
    });

  it("reads the handler's set-up and asks its program for its version", async () => {
    await using folder = await createTempFolder("test");
    const program = join(folder.path, "own-runc");
    await writeFile(program, "#!/bin/sh\necho own-runc version 7.8.9\necho commit: x\necho third line\n");
    await chmod(program, 0o755);
    expect(await readHandlerFacts(config(program), "")).to.deep.equal({
      runtimeType: "io.containerd.runc.v2",
      options: { BinaryName: program, SystemdCgroup: false },
      snapshotter: "overlayfs",
      version: "own-runc version 7.8.9, commit: x",
    });
  });

  it("leaves out what it cannot find out, and takes nothing else along", async () => {
    const facts = await readHandlerFacts(config("x"), "second");
    expect(facts).to.deep.equal({ runtimeType: "io.containerd.kata.v2", snapshotter: "devmapper" });
    expect(await readHandlerFacts("no JSON", "no-such-program")).to.deep.equal({});
    expect(await readHandlerFacts(undefined, "")).to.deep.equal({});
  });
});
