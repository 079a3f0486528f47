import { expect } from "chai";
import { describe, it } from "mocha";
import { collect } from "../../../src/images/blob.js";
import { buildImage, type BuiltImage } from "../../../src/images/image.js";
import type { Digest } from "../../../src/registry/content.js";
import { digestOf } from "../../../src/registry/content.js";
import { sampleImage, sampleLayers } from "./sample.js";

async function blobOf(image: BuiltImage, digest: Digest): Promise<Buffer> {
  const blob = image.blobs.get(digest);
  if (blob === undefined) throw new Error(`no blob ${digest}`);
  return collect(blob.open());
}

describe("the image builder", () => {
  it("gives the digests it always gave", async () => {
    const { root, platforms } = await buildImage(sampleImage);

    expect([root.digest, ...platforms.flatMap(({ manifest, imageId }) => [manifest.digest, imageId])]).to.deep.equal([
      "sha256:85b440c77d47f50c67e7a2e41792bf5cbaac4e335810259838a1d7fcf36d610b",
      "sha256:69dca93fa3df6923ab1e78c5571de305f633e270d79b8e3f5ff593c9bd7a7aa1",
      "sha256:0965cccdc57b21f93a432eca49109713a41c5d31c684fcbbeee53c62810b9d92",
      "sha256:9b93733797ca83d424445a6db1ede123aa303d80743e330827812ac3151d48a6",
      "sha256:913de2703e6758b5c3cd013500f72bbc411d688b93bf3c2091ac24a04a358544",
    ]);
  });

  it("leads from the index to manifests, configs and layers, all under their digests and sizes", async () => {
    const image = await buildImage(sampleImage);
    const index = JSON.parse(image.root.bytes.toString()) as {
      manifests: { digest: Digest; size: number; platform: object }[];
    };

    expect(index.manifests.map((entry) => entry.platform)).to.deep.equal([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
    for (const entry of index.manifests) {
      const manifest = image.documents.get(entry.digest);
      expect(manifest?.bytes.length).to.equal(entry.size);
      const { config, layers } = JSON.parse(manifest?.bytes.toString() ?? "") as Record<
        "config",
        { digest: Digest }
      > & {
        layers: { digest: Digest; size: number; mediaType: string }[];
      };
      expect(digestOf(await blobOf(image, config.digest))).to.equal(config.digest);
      expect(layers.map((layer) => layer.mediaType)).to.deep.equal([
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+zstd",
      ]);
      for (const layer of layers) {
        const bytes = await blobOf(image, layer.digest);
        expect({ digest: digestOf(bytes), size: bytes.length }).to.deep.equal({
          digest: layer.digest,
          size: layer.size,
        });
      }
    }
  });

  it("lists in the config what each layer unpacks to", async () => {
    const image = await buildImage(sampleImage);
    const [platform] = image.platforms;
    const config = JSON.parse((await blobOf(image, platform?.imageId ?? "sha256:")).toString()) as Record<
      string,
      unknown
    >;

    expect(config).to.deep.include({
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: platform?.layers.map((layer) => layer.diffId) },
      config: { Entrypoint: ["/bin/tool"], Cmd: ["x"], Env: ["A=image"], User: "123", StopSignal: "SIGUSR1" },
    });
  });

  it("makes a plain Docker manifest on request", async () => {
    const platforms = sampleImage.platforms.slice(0, 1).map((platform) => ({
      ...platform,
      layers: sampleLayers.map(({ entries }) => ({ entries })),
    }));
    const image = await buildImage({ platforms, format: "docker", index: false });

    expect(image.documents.size).to.equal(1);
    expect(image.root.mediaType).to.equal("application/vnd.docker.distribution.manifest.v2+json");
  });

  it("refuses what a format or a plain manifest cannot say", async () => {
    const messages = await Promise.all(
      [{ ...sampleImage, format: "docker" as const }, { ...sampleImage, index: false }, { platforms: [] }].map((spec) =>
        buildImage(spec).then(String, String),
      ),
    );

    expect(messages[0]).to.contain("docker manifests have no none layers");
    expect(messages[1]).to.contain("has one platform, not 2");
    expect(messages[2]).to.contain("at least one platform");
  });
});
