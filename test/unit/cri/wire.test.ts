import { expect } from "chai";
import { before, describe, it } from "mocha";

import { CONTRACT_ELEMENTS } from "../../../src/cri/contract-elements.js";
import { file_runtime_v1_api } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { readContractFacts, type ContractFacts } from "../../../tools/contract-facts.js";
import { contractDifferences } from "./contract-differences.js";

describe("the wire format of the contract", () => {
  let facts: ContractFacts;
  before(async () => {
    facts = await readContractFacts();
  });

  it("is that of the published API, nothing missing and nothing extra", () => {
    const differences = contractDifferences(file_runtime_v1_api, facts);

    expect(differences, `differences from fixtures/contract/cri-v1.json:\n${differences.join("\n")}\n`).to.be.empty;
  });

  it("has the published number of elements", () => {
    const counts: Record<string, number> = {};
    for (const { kind } of CONTRACT_ELEMENTS.values()) counts[kind] = (counts[kind] ?? 0) + 1;

    expect(counts).to.deep.equal({ service: 2, rpc: 43, message: 175, field: 478, enum: 11, enum_value: 95 });
  });

  it("is in the published package and stands alone", () => {
    const { proto, dependencies } = file_runtime_v1_api;

    expect({ package: proto.package, syntax: proto.syntax }).to.deep.equal({
      package: facts.package,
      syntax: facts.syntax,
    });
    expect(proto.options?.goPackage).to.equal("k8s.io/cri-api/pkg/apis/runtime/v1");
    expect(dependencies).to.deep.equal([]);
  });
});

describe("contractDifferences", () => {
  /** The differences that a change to the facts adds. */
  async function differencesBy(change: (facts: ContractFacts) => void): Promise<string[]> {
    const facts = await readContractFacts();
    const before = contractDifferences(file_runtime_v1_api, facts);
    change(facts);
    return contractDifferences(file_runtime_v1_api, facts).filter((difference) => !before.includes(difference));
  }

  const cases: { what: string; change: (facts: ContractFacts) => void; difference: string }[] = [
    {
      what: "another field number",
      change: ({ messages }) => (messages["ContainerStatus"]!.fields["user"]!.number = 20),
      difference: "ContainerStatus.user: expected field 20 ContainerUser, seen field 18 ContainerUser",
    },
    {
      what: "another field type",
      change: ({ messages }) => (messages["StopContainerRequest"]!.fields["timeout"]!.type = "int32"),
      difference: "StopContainerRequest.timeout: expected field 2 int32, seen field 2 int64",
    },
    {
      what: "another label",
      change: ({ messages }) => delete messages["ExecRequest"]!.fields["cmd"]!.repeated,
      difference: "ExecRequest.cmd: expected field 2 string, seen field 2 repeated string",
    },
    {
      what: "another map value",
      change: ({ messages }) => (messages["Container"]!.fields["labels"]!.type = "map<string, bytes>"),
      difference: "Container.labels: expected field 8 map<string, bytes>, seen field 8 map<string, string>",
    },
    {
      what: "a lost deprecation",
      change: ({ messages }) =>
        delete messages["LinuxContainerSecurityContext"]!.fields["apparmor_profile"]!.deprecated,
      difference:
        "LinuxContainerSecurityContext.apparmor_profile: expected field 9 string, seen field 9 string deprecated",
    },
    {
      what: "a field the facts do not have",
      change: ({ messages }) => delete messages["Mount"]!.fields["mount_options"],
      difference: "Mount.mount_options: expected nothing, seen field 11 repeated string",
    },
    {
      what: "a field the file does not have",
      change: ({ messages }) => (messages["PodIP"]!.fields["zone"] = { number: 2, type: "string" }),
      difference: "PodIP.zone: expected field 2 string, seen nothing",
    },
    {
      what: "a message the file does not have",
      change: ({ messages }) => (messages["VolumeStats"] = { fields: {} }),
      difference: "VolumeStats: expected message, seen nothing",
    },
    {
      what: "another enum value",
      change: ({ enums }) => (enums["SecurityProfile.ProfileType"]!.values["Localhost"]!.number = 3),
      difference: "SecurityProfile.ProfileType.Localhost: expected value 3, seen value 2",
    },
    {
      what: "an RPC that streams",
      change: ({ services }) => (services["RuntimeService"]!.rpcs["Status"]!.serverStreaming = true),
      difference:
        "RuntimeService.Status: expected server_streaming rpc StatusRequest -> StatusResponse, " +
        "seen unary rpc StatusRequest -> StatusResponse",
    },
    {
      what: "another request message",
      change: ({ services }) => (services["ImageService"]!.rpcs["RemoveImage"]!.request = "ImageStatusRequest"),
      difference:
        "ImageService.RemoveImage: expected unary rpc ImageStatusRequest -> RemoveImageResponse, " +
        "seen unary rpc RemoveImageRequest -> RemoveImageResponse",
    },
  ];
  for (const { what, change, difference } of cases) {
    it(`tells ${what}`, async () => {
      expect(await differencesBy(change)).to.deep.equal([difference]);
    });
  }
});
