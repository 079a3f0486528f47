import { expect } from "chai";
import { describe, it } from "mocha";
import { gunzipSync } from "node:zlib";
import { collect } from "../../../src/images/blob.js";
import { buildLayer } from "../../../src/images/layer.js";
import type { LayerEntry } from "../../../src/images/layer-entry.js";
import { digestOf } from "../../../src/registry/content.js";
import { readTar } from "./read-tar.js";
import { sampleLayers } from "./sample.js";

const entriesOf = (position: number) => sampleLayers[position]?.entries ?? [];

describe("image layers", () => {
  it("carry kinds, modes, owners, links and extended attributes", async () => {
    const layer = await buildLayer(entriesOf(0), "none");
    const members = new Map((await readTar(layer.blob.open())).map((member) => [member.header.name, member]));

    expect(members.get("a")).to.deep.include({ text: "one\n" });
    expect(members.get("bin/tool")?.header).to.include({ type: "file", mode: 0o4755, uid: 123, gid: 456 });
    expect(members.get("bin/also-tool")?.header).to.include({ type: "link", linkname: "bin/tool" });
    expect(members.get("link")?.header).to.include({ type: "symlink", linkname: "/etc" });
    expect(members.get("tmp/")?.header).to.include({ type: "directory", mode: 0o1777 });
    expect(members.get("noted")?.header.pax).to.include({
      "SCHILY.xattr.user.also": "this",
      "SCHILY.xattr.user.note": "kept",
    });
  });

  it("write whiteouts under their reserved names, sorted", async () => {
    const layer = await buildLayer(entriesOf(1), "none");

    expect((await readTar(layer.blob.open())).map((member) => member.header.name)).to.deep.equal([
      "bin/.wh.tool",
      "tmp/.wh..wh..opq",
      "tmp/new",
    ]);
  });

  it("do not depend on the order of their entries", async () => {
    const forward = await buildLayer(entriesOf(0), "gzip");
    const backward = await buildLayer([...entriesOf(0)].reverse(), "gzip");

    expect(backward.blob.digest).to.equal(forward.blob.digest);
  });

  it("put hard links behind the files they name", async () => {
    const members = await readTar((await buildLayer(entriesOf(0), "none")).blob.open());

    expect(members.at(-1)?.header.name).to.equal("bin/also-tool");
  });

  it("are compressed by gzip with a header that names neither time nor system", async () => {
    const layer = await buildLayer(entriesOf(0), "gzip");
    const compressed = await collect(layer.blob.open());

    expect([...compressed.subarray(0, 10)]).to.deep.equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    expect(digestOf(gunzipSync(compressed))).to.equal(layer.diffId);
  });

  it("generate large content anew for every reader, with the same bytes and any part of them", async () => {
    const entries: LayerEntry[] = [{ type: "file", path: "big", content: { sizeBytes: 17 << 20, seed: "s" } }];
    const { blob } = await buildLayer(entries, "none");
    const whole = await collect(blob.open());

    expect(whole.length).to.equal(blob.sizeBytes);
    expect(digestOf(whole)).to.equal(blob.digest);
    const part = await collect(blob.open({ start: 100_000, end: 300_001 }));
    expect(part.equals(whole.subarray(100_000, 300_001))).to.equal(true);
  });

  const rejected: readonly { readonly what: string; readonly entries: LayerEntry[]; readonly message: string }[] = [
    { what: "an absolute path", entries: [{ type: "directory", path: "/etc" }], message: 'Path "/etc"' },
    { what: "a path that climbs", entries: [{ type: "directory", path: "a/../b" }], message: 'Path "a/../b"' },
    {
      what: "a hard link without its file",
      entries: [{ type: "hardlink", path: "a", target: "b" }],
      message: "not a file of the same layer",
    },
    {
      what: "one path twice",
      entries: [
        { type: "file", path: "a", content: "" },
        { type: "symlink", path: "a", target: "b" },
      ],
      message: "appears twice",
    },
    {
      what: "an owner beyond the archive's field",
      entries: [{ type: "file", path: "a", content: "", uid: 1 << 20 }],
      message: "above 262143",
    },
  ];
  for (const { what, entries, message } of rejected) {
    it(`refuse ${what}`, async () => {
      const failure = await buildLayer(entries, "none").then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(Error).with.property("message").that.contains(message);
    });
  }
});
