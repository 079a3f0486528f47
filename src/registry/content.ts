import { createHash } from "node:crypto";
import { Readable } from "node:stream";

/** A content address as images and registries write it: `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

/** The digest of bytes that are at hand. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A part of a blob: bytes from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes with an address that can be read as often as needed. */
export interface ContentBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** A fresh stream of the blob, or of a part of it. */
  open(range?: ByteRange): Readable;
}

/** An index, image list or manifest: the documents that a registry serves below `/manifests/`. */
export interface ManifestDocument {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** What a registry needs of an image to serve it. */
export interface ServableImage {
  /** The document that a tag of this image points at. */
  readonly root: ManifestDocument;
  /** Every index and manifest, the root included. */
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  /** Configs and layers. */
  readonly blobs: ReadonlyMap<Digest, ContentBlob>;
}
