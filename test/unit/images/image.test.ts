import { expect } from "chai";
import { describe, it } from "mocha";
import { collect } from "../../../src/images/blob.js";
import { buildImage, type BuiltImage } from "../../../src/images/image.js";
import type { ContentBlob, Digest } from "../../../src/registry/content.js";
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
      "sha256:92907e86b284daed729546f8b10b70ee64571aaedb9a746ded1cd50167099bec",
      "sha256:18466c56539f4cf20dc33e62106af4cbf9966b9333a9514429f74e6e36af2c0a",
      "sha256:ce513a7b2af8a48e1402161e7985bc3d2ca6d881372fe66386d47c52decde55c",
      "sha256:8afa6ce5a2ebab6267a5073b53c1207f5a570d28674b27c9f6f4c6aca1fa1e37",
      "sha256:809866505ca0ef3c8601c6e5a15e36d0baed26f9acc14ced1f7dcee6f5b43e5e",
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

  it("compresses equal layers once for images that are built with one store", async () => {
    const compressed = new Map<string, ContentBlob>();
    const first = await buildImage(sampleImage, compressed);
    const second = await buildImage(sampleImage, compressed);

    expect(compressed.size).to.equal(1);
    expect(second.platforms[1]?.layers[1]?.blob).to.equal(first.platforms[0]?.layers[1]?.blob);
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
