import type { ImageSpec, LayerSpec } from "../../../src/images/image.js";

/** Two small layers with every kind of entry. */
export const sampleLayers: readonly LayerSpec[] = [
  {
    compression: "none",
    entries: [
      { type: "file", path: "a", content: "one\n" },
      { type: "file", path: "bin/tool", content: "#!/bin/sh\n", mode: 0o4755, uid: 123, gid: 456 },
      { type: "hardlink", path: "bin/also-tool", target: "bin/tool" },
      { type: "symlink", path: "link", target: "/etc" },
      { type: "directory", path: "tmp", mode: 0o1777 },
      { type: "file", path: "noted", content: "", xattrs: { "user.note": "kept", "user.also": "this" } },
    ],
  },
  {
    compression: "zstd",
    entries: [
      { type: "whiteout", path: "bin/tool" },
      { type: "opaque", path: "tmp" },
      { type: "file", path: "tmp/new", content: "two\n" },
    ],
  },
];

/** An image that depends on nothing but this file. */
export const sampleImage: ImageSpec = {
  platforms: ["amd64", "arm64"].map((architecture) => ({
    platform: { os: "linux", architecture },
    layers: sampleLayers,
    config: { Entrypoint: ["/bin/tool"], Cmd: ["x"], Env: ["A=image"], User: "123", StopSignal: "SIGUSR1" },
  })),
};
