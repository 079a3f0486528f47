import { expect } from "chai";
import { describe, it } from "mocha";

import { labIdCount, labIdentity, labIdOf } from "../../../src/lab/lab-identity.js";
import { networksOverlap, parseIpv4Network } from "../../../src/lab/lab-network.js";

describe("labIdentity", () => {
  it("derives names and addresses", () => {
    expect(labIdentity("1a0")).to.deep.equal({
      id: "1a0",
      cgroupName: "critique-lab-1a0",
      bridge: "critique-1a0",
      networkName: "critique-lab-1a0",
      ipv4: { subnet: "198.19.160.0/24", gateway: "198.19.160.1", prefixLength: 24 },
      ipv6: { subnet: "fdc1:7e57:1ab:1a0::/64", gateway: "fdc1:7e57:1ab:1a0::1", prefixLength: 64 },
    });
  });

  it("gives every id subnets of its own, and interface names that Linux takes", () => {
    const all = Array.from({ length: labIdCount }, (_, number) => labIdentity(labIdOf(number)));
    expect(new Set(all.map(({ ipv4 }) => ipv4.subnet)).size).to.equal(labIdCount);
    expect(new Set(all.map(({ ipv6 }) => ipv6.subnet)).size).to.equal(labIdCount);
    expect(Math.max(...all.map(({ bridge }) => bridge.length))).to.be.at.most(15);
  });

  for (const id of ["", "7", "200", "1A0", "../x", "0000"]) {
    it(`refuses "${id}"`, () => {
      expect(() => labIdentity(id)).to.throw(`"${id}" is not the id of a lab`);
    });
  }
});

describe("networksOverlap", () => {
  const overlap = (first: string, second: string) => {
    const [a, b] = [parseIpv4Network(first), parseIpv4Network(second)];
    return a !== undefined && b !== undefined && networksOverlap(a, b) && networksOverlap(b, a);
  };

  it("compares by the shorter prefix", () => {
    expect(overlap("198.18.7.0/24", "198.18.0.0/15")).to.equal(true);
    expect(overlap("198.18.7.0/24", "198.18.7.9")).to.equal(true);
    expect(overlap("198.18.7.0/24", "198.18.6.0/24")).to.equal(false);
    expect(overlap("198.18.7.0/24", "0.0.0.0/0")).to.equal(true);
    expect(parseIpv4Network("default")).to.equal(undefined);
  });
});
