import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import { brokenCriPlugin } from "../../../src/lab/containerd-control.js";
import { logTail } from "../../../src/lab/log-tail.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("logTail", () => {
  it("gives the last lines, those of trouble if there are any", async () => {
    await using folder = await createTempFolder("log");
    const path = join(folder.path, "log");
    expect(await logTail(path)).to.deep.equal([]);
    await writeFile(path, 'level=info msg="one"\nlevel=info msg="two"\n');
    expect(await logTail(path, 1)).to.deep.equal(['level=info msg="two"']);
    await writeFile(path, 'level=info msg="one"\nlevel=error msg="bad"\nlevel=info msg="two"\n');
    expect(await logTail(path)).to.deep.equal(['level=error msg="bad"']);
  });
});

describe("brokenCriPlugin", () => {
  const row = (type: string, id: string, status: string) => `${type}    ${id}    -    ${status}\n`;

  it("is content with plugins of 1.x and of 2.x that work", () => {
    expect(brokenCriPlugin(row("io.containerd.grpc.v1", "cri", "ok"))).to.equal(undefined);
    expect(
      brokenCriPlugin(row("io.containerd.cri.v1", "images", "ok") + row("io.containerd.cri.v1", "runtime", "ok")),
    ).to.equal(undefined);
  });

  it("names one that failed, and notices that there is none", () => {
    expect(brokenCriPlugin(row("io.containerd.grpc.v1", "cri", "error"))).to.equal("io.containerd.grpc.v1.cri: error");
    expect(brokenCriPlugin(row("io.containerd.grpc.v1", "tasks", "ok"))).to.equal("it is not built in, or disabled");
  });
});
