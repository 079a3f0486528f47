import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ServableImage } from "../registry/content.js";
import { descriptor } from "./image.js";
import { tarArchive, type TarMember } from "./tar.js";

/**
 * Writes an image as an OCI archive: a tar of an image layout (OCI image-spec, image-layout.md), which
 * `ctr images import` and `skopeo copy oci-archive:` read.
 *
 * @param reference the full name with a tag that an import gives the image, such as `localhost/pause:1`.
 * @param path the file to write; an existing one is replaced.
 */
export async function writeOciArchive(image: ServableImage, reference: string, path: string): Promise<void> {
  await pipeline(Readable.from(tarArchive(layoutMembers(image, reference))), createWriteStream(path, { mode: 0o600 }));
}

function* layoutMembers(image: ServableImage, reference: string): Generator<TarMember> {
  yield file("oci-layout", Buffer.from(JSON.stringify({ imageLayoutVersion: "1.0.0" })));
  yield file(
    "index.json",
    Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [referenceTo(image, reference)] })),
  );
  for (const { digest, bytes } of image.documents.values()) yield file(blobPath(digest), bytes);
  for (const blob of image.blobs.values()) {
    yield { header: { name: blobPath(blob.digest), type: "file", size: blob.sizeBytes }, content: blob.open() };
  }
}

function referenceTo({ root }: Pick<ServableImage, "root">, reference: string) {
  const tag = reference.slice(reference.lastIndexOf(":") + 1);
  return {
    ...descriptor(root),
    annotations: { "io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tag },
  };
}

function file(name: string, bytes: Buffer): TarMember {
  return { header: { name, type: "file", size: bytes.length }, content: [bytes] };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
