import { expect } from "chai";
import { describe, it } from "mocha";

import {
  isEmptyTable,
  parseRules,
  removalOfNetwork,
  removalOfSharedChains,
  sharedChainsOf,
} from "../../../src/lab/iptables.js";

const sharedRules = `
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000`;
const chains = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]`;

function podRules(network: string, chain: string, address: string): string {
  return `
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"${network}\\" id: \\"c1\\"" -m multiport --dports 80 -j ${chain}
-A ${chain} -s 127.0.0.1/32 -p tcp -m tcp --dport 80 -j CNI-HOSTPORT-SETMARK
-A ${chain} -p tcp -m tcp --dport 80 -j DNAT --to-destination ${address}:80`;
}

function onlyTable(text: string) {
  const [table] = parseRules(text);
  if (table === undefined) throw new Error("no table");
  return table;
}

const masquerade =
  "-A POSTROUTING -s 198.18.7.0/24 ! -d 198.18.7.0/24 -m comment --comment critique-lab-007 -j MASQUERADE";
const busy = onlyTable(
  [
    `${chains}\n:CNI-DN-mine - [0:0]\n:CNI-DN-half - [0:0]\n:CNI-DN-other - [0:0]${sharedRules}\n${masquerade}`,
    podRules("critique-lab-007", "CNI-DN-mine", "198.18.7.2"),
    podRules("cbr0", "CNI-DN-other", "10.1.0.2"),
    "\n-A CNI-DN-half -p tcp -m tcp --dport 81 -j DNAT --to-destination 198.18.7.3:81\nCOMMIT\n",
  ].join(""),
);
const idle = onlyTable(`# a comment\n${chains}${sharedRules}\nCOMMIT\n`);

describe("iptables rules of a lab", () => {
  it("are found by the network's name, with the chains of its pods, and no others", () => {
    expect(removalOfNetwork(busy, "critique-lab-007", "198.18.7.")).to.deep.equal([
      masquerade.replace("-A", "-D"),
      '-D CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"critique-lab-007\\" id: \\"c1\\"" -m multiport --dports 80 -j CNI-DN-mine',
      "-F CNI-DN-mine",
      "-F CNI-DN-half",
      "-X CNI-DN-mine",
      "-X CNI-DN-half",
    ]);
    expect(removalOfNetwork(busy, "critique-lab-00", "198.18.0.")).to.deep.equal([]);
  });

  it("keep the chains that all networks share while anybody uses them", () => {
    expect(sharedChainsOf(busy)).to.have.lengthOf(3);
    expect(removalOfSharedChains(busy, sharedChainsOf(busy))).to.deep.equal([]);
  });

  it("take the shared chains away with the jumps to them when they are idle", () => {
    expect(removalOfSharedChains(idle, sharedChainsOf(idle))).to.deep.equal([
      "-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      "-D OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      '-D POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      ...["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"].map((chain) => `-F ${chain}`),
      ...["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"].map((chain) => `-X ${chain}`),
    ]);
    expect(removalOfSharedChains(idle, [])).to.deep.equal([]);
  });

  it("leave a table empty when only built-in chains that accept are left", () => {
    expect(isEmptyTable(onlyTable("*nat\n:INPUT ACCEPT [0:0]\nCOMMIT"))).to.equal(true);
    expect(isEmptyTable(onlyTable("*filter\n:FORWARD DROP [0:0]\nCOMMIT"))).to.equal(false);
    expect(isEmptyTable(idle)).to.equal(false);
  });
});
