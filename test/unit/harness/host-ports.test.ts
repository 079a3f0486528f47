import { expect } from "chai";
import { describe, it } from "mocha";
import { FEATURES } from "../../../src/harness/features.js";
import type { Probe } from "../../../src/harness/probe.js";

describe("the feature host-ports", () => {
  const missing = (info: Record<string, string>): unknown =>
    FEATURES["host-ports"].missing({ status: { info } } as unknown as Probe);
  const cni = (...plugins: object[]): Record<string, string> => ({
    cniconfig: JSON.stringify({ Networks: [{ Config: { Plugins: plugins.map((Network) => ({ Network })) } }] }),
  });

  it("is missing where the runtime shows a network without a plugin that maps ports", () => {
    expect(missing(cni({ type: "bridge" }))).to.have.property("lack", "configuration");
    expect(missing(cni({ type: "bridge" }, { type: "portmap", capabilities: { portMappings: true } }))).to.equal(
      undefined,
    );
  });

  it("is taken as present where the runtime shows no network", () => {
    expect(missing({ config: "{}" })).to.equal(undefined);
  });
});
