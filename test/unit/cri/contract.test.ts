import { expect } from "chai";
import { before, describe, it } from "mocha";

import { CONTRACT_ELEMENTS } from "../../../src/cri/contract-elements.js";
import { CONTRACT_RPCS, isSecretField, isWindowsOnly, KUBERNETES_RELEASE, sinceOf } from "../../../src/cri/contract.js";
import { readContractFacts, type ContractFacts } from "../../../tools/contract-facts.js";
import { secretsOfFacts, sinceOfFacts } from "../../../tools/generate-contract-facts.js";

describe("the contract's facts", () => {
  let facts: ContractFacts;
  before(async () => {
    facts = await readContractFacts();
  });

  it("name the release they come from", () => {
    expect(KUBERNETES_RELEASE).to.equal(facts.kubernetes);
  });

  it("give every release that was recorded", () => {
    const recorded = [...sinceOfFacts(facts)];

    expect(recorded).to.have.lengthOf(213);
    expect(recorded.map(([element]) => [element, sinceOf(element)])).to.deep.equal(recorded);
  });

  it("give a release for every element, never before that of the enclosing one", () => {
    const minor = (element: string): number => Number(sinceOf(element).split(".")[1]);
    const early = [...CONTRACT_ELEMENTS.keys()].filter((element) => {
      const outer = element.slice(0, Math.max(0, element.lastIndexOf(".")));
      return minor(element) < (CONTRACT_ELEMENTS.has(outer) ? minor(outer) : 20);
    });

    expect(early).to.deep.equal([]);
  });

  it("know which fields are secret, and no others", () => {
    const secrets = [...CONTRACT_ELEMENTS]
      .filter(([, element]) => element.kind === "field" && isSecretField(element.parent.name, element.name))
      .map(([name]) => name);

    expect(secrets).to.deep.equal([
      "AuthConfig.password",
      "AuthConfig.auth",
      "AuthConfig.identity_token",
      "AuthConfig.registry_token",
    ]);
    expect(secrets).to.deep.equal(secretsOfFacts(facts));
  });
});

describe("sinceOf", () => {
  const releases: [string, string][] = [
    ["RuntimeService", "1.20"],
    ["RuntimeService.RuntimeConfig", "1.28"],
    ["RuntimeConfig", "1.20"],
    ["StopContainerRequest.timeout", "1.20"],
    ["ContainerStatus.user", "1.31"],
    ["UserNamespace.mode", "1.25"],
    ["Signal", "1.33"],
    ["Signal.SIGNAL_SIGTERM", "1.37"],
    ["SecurityProfile.ProfileType.Localhost", "1.20"],
  ];
  for (const [element, since] of releases) {
    it(`says ${since} for ${element}`, () => {
      expect(sinceOf(element)).to.equal(since);
    });
  }

  it("refuses what the contract does not have", () => {
    expect(() => sinceOf("ContainerStatus.exitCode")).to.throw(RangeError, '"ContainerStatus.exitCode" is not');
    expect(() => sinceOf("")).to.throw(RangeError);
  });
});

describe("CONTRACT_RPCS", () => {
  it("lists every RPC once, with its service, release and descriptor", () => {
    expect(new Set(CONTRACT_RPCS.map(({ name }) => name)).size).to.equal(43);
    const events = CONTRACT_RPCS.find(({ name }) => name === "GetContainerEvents");
    expect(events).to.include({ service: "RuntimeService", since: "1.25" });
    expect(events?.method.methodKind).to.equal("server_streaming");
  });
});

describe("isWindowsOnly", () => {
  const windows = [
    "ContainerConfig.windows",
    "ContainerConfig.windows.resources.cpu_count",
    "WindowsCpuUsage.timestamp",
    "PodSandboxStats.windows.containers.attributes.id",
  ];
  const anywhere = ["ContainerConfig.linux.resources", "ContainerStats.attributes.labels", "RuntimeHandler.name"];
  for (const path of windows) it(`is true of ${path}`, () => expect(isWindowsOnly(path)).to.equal(true));
  for (const path of anywhere) it(`is false of ${path}`, () => expect(isWindowsOnly(path)).to.equal(false));

  it("refuses a path that leads nowhere", () => {
    expect(() => isWindowsOnly("ContainerConfig.windows.cpu_count")).to.throw(RangeError, "WindowsContainerConfig");
    expect(() => isWindowsOnly("Container.id.windows")).to.throw(RangeError);
    expect(() => isWindowsOnly("Pod.windows")).to.throw(RangeError);
  });
});
