import { expect } from "chai";
import { describe, it } from "mocha";

import { brokenCriPlugin } from "../../../src/lab/containerd-control.js";

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
