import { expect } from "chai";
import { describe, it } from "mocha";

import { containerdConfig, netnsFolder } from "../../../src/lab/containerd-config.js";
import { labFolders } from "../../../src/lab/lab-folders.js";
import { parseContainerdVersion } from "../../../src/lab/programs.js";

const folders = labFolders("/labs/007");

function configFor(version: string): string {
  return containerdConfig({
    version: parseContainerdVersion(`containerd github.com/containerd/containerd ${version} abc`),
    folders,
    handlers: [
      { name: "runc", runtimeType: "io.containerd.runc.v2", options: { BinaryName: "/bin/runc" } },
      { name: "kata", runtimeType: "io.containerd.kata.v2", privilegedWithoutHostDevices: true },
    ],
    defaultHandler: "runc",
    cniFolder: "/cni",
    pauseImage: "pause:lab",
    snapshotter: "overlayfs",
    restrictOomScoreAdj: true,
  });
}

describe("containerd configuration", () => {
  it("is version 2 for 1.6, without what 1.6 does not know", () => {
    const config = configFor("1.6.20~ds1");
    expect(config).to.match(/^version = 2\n/);
    expect(config).to.include(
      '[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "pause:lab"\nrestrict_oom_score_adj = true',
    );
    expect(config).to.include('containerd.runtimes.runc.options]\nBinaryName = "/bin/runc"');
    expect(config).to.include("privileged_without_host_devices = true");
    expect(config).to.not.match(/cdi|nri/);
  });

  it("has CDI and NRI of its own from 1.7 on", () => {
    const config = configFor("1.7.24~ds1");
    expect(config).to.match(/^version = 2\n/);
    expect(config).to.include('enable_cdi = true\ncdi_spec_dirs = ["/labs/007/cdi"]');
    expect(config).to.include('socket_path = "/labs/007/nri/nri.sock"');
  });

  it("is version 3 for 2.x", () => {
    const config = configFor("v2.0.2");
    expect(config).to.match(/^version = 3\n/);
    expect(config).to.include('[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "pause:lab"');
    expect(config).to.include('default_runtime_name = "runc"');
    expect(config).to.include('bin_dir = "/cni"');
    expect(config).to.not.include("io.containerd.grpc.v1.cri");
  });

  it("names the folder of CNI plugins as 2.1 wants it", () => {
    expect(configFor("2.1.9+unknown")).to.include('runtime".cni]\nbin_dirs = ["/cni"]\nconf_dir');
  });

  it("waits longer for a shim than a slow machine takes, whatever the release", () => {
    for (const version of ["1.6.20", "1.7.24", "2.1.9"])
      expect(configFor(version)).to.include('[timeouts]\n"io.containerd.timeout.task.state" = "30s"');
  });

  it("keeps every path that it names inside the lab, but for programs", () => {
    for (const version of ["1.6.20", "1.7.24", "2.1.9"]) {
      const paths = [...configFor(version).matchAll(/"(\/[^"]*)"/g)].map((found) => found[1]);
      expect(paths.filter((path) => !path?.startsWith("/labs/007/"))).to.have.members(["/bin/runc", "/cni"]);
    }
  });

  it("leads to the folder where network namespaces are mounted", () => {
    const version = (major: number) => ({ text: "", major, minor: 6 });
    expect(netnsFolder({ folders, version: version(1) })).to.equal("/labs/007/state/io.containerd.grpc.v1.cri/netns");
    expect(netnsFolder({ folders, version: version(2) })).to.equal(
      "/labs/007/state/io.containerd.cri.v1.runtime/netns",
    );
  });
});

describe("parseContainerdVersion", () => {
  it("reads what releases and distributions print", () => {
    const parse = (version: string) =>
      parseContainerdVersion(`containerd github.com/containerd/containerd ${version}\n`);
    expect(parse("1.6.20~ds1 1.6.20~ds1-1+deb12u3")).to.deep.equal({ text: "1.6.20~ds1", major: 1, minor: 6 });
    expect(parse("v2.1.4 75cb2b71")).to.deep.equal({ text: "2.1.4", major: 2, minor: 1 });
    expect(parseContainerdVersion("containerd github.com/containerd/containerd/v2 2.1.9+unknown \n").major).to.equal(2);
  });

  it("refuses what is too old or no version", () => {
    expect(() => parseContainerdVersion("containerd x 1.5.9 abc")).to.throw(
      "containerd 1.5.9 has no CRI v1: use containerd 1.6",
    );
    expect(() => parseContainerdVersion("nonsense")).to.throw('"nonsense" names no version');
  });
});
