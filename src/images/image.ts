import type { ContentBlob, Digest, ManifestDocument, ServableImage } from "../registry/content.js";
import { digestOf } from "../registry/content.js";
import { bufferBlob } from "./blob.js";
import type { Compression } from "./compression.js";
import { withParents } from "./parents.js";
import { buildLayer, ImageBuildError, type CompressedLayers, type Layer } from "./layer.js";
import type { LayerEntry } from "./layer-entry.js";
import { mediaTypes, type ManifestFormat } from "./media-types.js";
import { buildTime } from "./tar.js";

/** What an image says about running it (OCI image-spec, config.md), with the names of that document. */
export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

/** An operating system and a machine, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export interface LayerSpec {
  readonly entries: readonly LayerEntry[];
  /** Default gzip. */
  readonly compression?: Compression;
}

export interface PlatformImageSpec {
  readonly platform: Platform;
  /** From the lowest to the topmost. */
  readonly layers: readonly LayerSpec[];
  readonly config: ImageConfig;
}

/** An image to build. */
export interface ImageSpec {
  readonly platforms: readonly PlatformImageSpec[];
  /** Default `oci`. */
  readonly format?: ManifestFormat;
  /** Whether an index leads to the manifests; default true. Without it there must be exactly one platform. */
  readonly index?: boolean;
}

/** The built image of one platform. */
export interface PlatformImage {
  readonly platform: Platform;
  readonly manifest: ManifestDocument;
  /** The digest of the config: what a runtime reports as the image's id, `PullImageResponse.image_ref` and `Image.id`. */
  readonly imageId: Digest;
  readonly layers: readonly Layer[];
}

/** An image with all its blobs. Equal specs give equal digests. */
export interface BuiltImage extends ServableImage {
  readonly platforms: readonly PlatformImage[];
}

/**
 * Builds an image.
 *
 * @param compressed kept by a caller that builds several images with equal layers.
 * @throws ImageBuildError when the spec cannot be built.
 */
export async function buildImage(spec: ImageSpec, compressed?: CompressedLayers): Promise<BuiltImage> {
  const { platforms: specs, format = "oci", index = true } = spec;
  if (!index && specs.length !== 1) {
    throw new ImageBuildError(`An image without an index has one platform, not ${specs.length}; use an index.`);
  }
  const blobs = new Map<Digest, ContentBlob>();
  const documents = new Map<Digest, ManifestDocument>();
  const platforms: PlatformImage[] = [];
  for (const platformSpec of specs) platforms.push(await buildPlatform(platformSpec, format, blobs, compressed));
  for (const { manifest } of platforms) documents.set(manifest.digest, manifest);

  let root = platforms[0]?.manifest;
  if (root === undefined) throw new ImageBuildError("An image needs at least one platform, such as linux/amd64.");
  if (index) {
    root = document(mediaTypes[format].index, {
      manifests: platforms.map(({ platform, manifest }) => ({ ...descriptor(manifest), platform })),
    });
    documents.set(root.digest, root);
  }
  return { root, documents, blobs, platforms };
}

async function buildPlatform(
  spec: PlatformImageSpec,
  format: ManifestFormat,
  blobs: Map<Digest, ContentBlob>,
  compressed: CompressedLayers | undefined,
): Promise<PlatformImage> {
  const types = mediaTypes[format];
  const entriesPerLayer = withParents(spec.layers.map((layer) => layer.entries));
  const layers: Layer[] = [];
  const layerDescriptors: object[] = [];
  for (const [position, { compression = "gzip" }] of spec.layers.entries()) {
    const layer = await buildLayer(entriesPerLayer[position] ?? [], compression, compressed);
    const mediaType = types.layer[compression];
    if (mediaType === undefined) {
      throw new ImageBuildError(`${format} manifests have no ${compression} layers; use the oci format or gzip.`);
    }
    blobs.set(layer.blob.digest, layer.blob);
    layers.push(layer);
    layerDescriptors.push({ mediaType, digest: layer.blob.digest, size: layer.blob.sizeBytes });
  }

  const created = buildTime.toISOString();
  const config = jsonBlob({
    created,
    architecture: spec.platform.architecture,
    os: spec.platform.os,
    config: spec.config,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created, created_by: "critique" })),
  });
  blobs.set(config.digest, config);
  const manifest = document(types.manifest, {
    config: { mediaType: types.config, digest: config.digest, size: config.sizeBytes },
    layers: layerDescriptors,
  });
  return { platform: spec.platform, manifest, imageId: config.digest, layers };
}

function jsonBlob(value: object): ContentBlob {
  return bufferBlob(Buffer.from(JSON.stringify(value)));
}

function document(mediaType: string, body: object): ManifestDocument {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }));
  return { mediaType, bytes, digest: digestOf(bytes) };
}

/** The reference to a document from an index (OCI image-spec, descriptor.md). */
export function descriptor({ mediaType, digest, bytes }: ManifestDocument) {
  return { mediaType, digest, size: bytes.length };
}
