import { expect } from "chai";
import { describe, it } from "mocha";

import { formatToml, readTomlTable } from "../../../src/lab/toml.js";

describe("TOML", () => {
  it("is written with values before tables, quoted keys, and nothing for what is undefined", () => {
    const text = formatToml({
      version: 2,
      plugins: { "io.containerd.grpc.v1.cri": { enabled: true, dirs: ["/a", 'b"c'], cni: { conf_dir: "/d" } } },
      absent: undefined,
      empty: {},
    });
    expect(text).to.equal(`version = 2
[plugins."io.containerd.grpc.v1.cri"]
enabled = true
dirs = ["/a","b\\"c"]
[plugins."io.containerd.grpc.v1.cri".cni]
conf_dir = "/d"
[empty]
`);
  });

  it("is read for the entries of one table", () => {
    const text = `binary_name = "/bin/runsc" # a comment
[runsc_config]
  network = "host"
  platform = 'kvm'
  debug = true # yes
[other]
  network = "none"`;
    expect([...readTomlTable(text, "runsc_config")]).to.deep.equal([
      ["network", "host"],
      ["platform", "kvm"],
      ["debug", "true"],
    ]);
    expect([...readTomlTable(text, "missing")]).to.deep.equal([]);
  });
});
