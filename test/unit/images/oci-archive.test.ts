import { expect } from "chai";
import { describe, it } from "mocha";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../../src/images/image.js";
import { writeOciArchive } from "../../../src/images/oci-archive.js";
import { digestOf } from "../../../src/registry/content.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { readTar } from "./read-tar.js";
import { sampleImage } from "./sample.js";

describe("OCI archives", () => {
  it("hold the layout, the reference and every blob under its digest", async () => {
    await using folder = await createTempFolder("archive-test");
    const path = join(folder.path, "image.tar");
    const image = await buildImage(sampleImage);

    await writeOciArchive(image, "localhost/team/sample:7", path);

    const members = new Map((await readTar(createReadStream(path))).map(({ header, text }) => [header.name, text]));
    expect(JSON.parse(members.get("oci-layout") ?? "")).to.deep.equal({ imageLayoutVersion: "1.0.0" });
    expect(JSON.parse(members.get("index.json") ?? "")).to.deep.equal({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: image.root.mediaType,
          digest: image.root.digest,
          size: image.root.bytes.length,
          annotations: {
            "io.containerd.image.name": "localhost/team/sample:7",
            "org.opencontainers.image.ref.name": "7",
          },
        },
      ],
    });
    expect(digestOf(Buffer.from(members.get(`blobs/${image.root.digest.replace(":", "/")}`) ?? ""))).to.equal(
      image.root.digest,
    );
    expect(members.size).to.equal(2 + image.documents.size + image.blobs.size);
  });
});
