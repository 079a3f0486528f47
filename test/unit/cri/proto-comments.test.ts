import { expect } from "chai";
import { before, describe, it } from "mocha";

import { CONTRACT_ELEMENTS } from "../../../src/cri/contract-elements.js";
import { readContractFacts } from "../../../tools/contract-facts.js";
import { secretsOfFacts, sinceOfFacts } from "../../../tools/generate-contract-facts.js";
import { readProtoComments } from "./proto-comments.js";

describe("the comments of the proto file", () => {
  let comments: Map<string, string>;
  before(async () => {
    comments = await readProtoComments();
  });

  it("are read for every element of the contract", () => {
    expect([...comments.keys()]).to.have.members([...CONTRACT_ELEMENTS.keys()]);
  });

  it("say what each service, RPC, message and enum is", () => {
    const silent = [...CONTRACT_ELEMENTS]
      .filter(([, { kind }]) => kind !== "field" && kind !== "enum_value")
      .map(([name]) => name)
      .filter(
        (name) =>
          comments
            .get(name)
            ?.replace(/(Value names since|Since) Kubernetes [\d.]+/g, "")
            .trim() === "",
      );

    expect(silent).to.deep.equal([]);
  });

  it("note the release of each element, as recorded", async () => {
    const noted = new Map<string, string>();
    for (const [name, comment] of comments) {
      const since = /\bSince Kubernetes (\d+\.\d+)\./.exec(comment)?.[1];
      if (since !== undefined) noted.set(name, since);
      const valuesSince = /Value names since Kubernetes (\d+\.\d+)\./.exec(comment)?.[1];
      const type = CONTRACT_ELEMENTS.get(name);
      if (valuesSince === undefined || type?.kind !== "enum") continue;
      for (const value of type.values) noted.set(`${name}.${value.name}`, valuesSince);
    }

    const recorded = sinceOfFacts(await readContractFacts());
    expect(Object.fromEntries(noted)).to.deep.equal(Object.fromEntries(recorded));
  });

  it("mark the credentials as secrets, and nothing else", async () => {
    const marked = [...comments].filter(([, comment]) => comment.startsWith("Secret:")).map(([name]) => name);

    expect(marked).to.deep.equal(secretsOfFacts(await readContractFacts()));
  });
});
