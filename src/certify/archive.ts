import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { tarArchive } from "../images/tar.js";
import type { BundleFiles } from "./checksums.js";

/** More than any bundle holds; what unpacks to more is none. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Bytes of the header that zlib writes: no name, no time. */
const PLAIN_HEADER_BYTES = 10;

/** Magic number, deflate, a comment follows, no time, no hints, unknown system (RFC 1952, 2.3). */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 255]);

/** An archive is not one that certify made, or not as it was made. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Packs a bundle as FOLDER/FILE. The digest of all that follows the header stands in the header's comment. */
export async function packBundle(folder: string, files: BundleFiles): Promise<Buffer> {
  const members = [...files].map(([name, content]) => ({
    header: { name: `${folder}/${name}`, size: content.length, mode: 0o644 },
    content: [content],
  }));
  const chunks: Buffer[] = [];
  for await (const chunk of tarArchive(members)) chunks.push(chunk);
  const packed = gzipSync(Buffer.concat(chunks), { level: 9 }).subarray(PLAIN_HEADER_BYTES);
  return Buffer.concat([headerFor(packed), packed]);
}

function headerFor(packed: Buffer): Buffer {
  const digest = createHash("sha256").update(packed).digest("hex");
  return Buffer.concat([HEADER, Buffer.from(`critique sha256:${digest}\0`)]);
}

/** Whether the archive is, byte for byte, one that {@link packBundle} made. */
export function isIntact(archive: Buffer): boolean {
  const end = archive.indexOf(0, HEADER.length) + 1;
  return end > 0 && archive.subarray(0, end).equals(headerFor(archive.subarray(end)));
}

/**
 * The files of an archive, in memory: nothing in it reaches the disk.
 * @throws ArchiveError when it cannot be unpacked, or holds anything but files in one folder
 */
export async function unpackBundle(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  try {
    const tar = extract();
    tar.end(gunzipSync(archive, { maxOutputLength: MAX_BYTES }));
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const [, file] = /^[^/]+\/([^/]+)$/.exec(name) ?? [];
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      if (type === "directory" && /^[^/]+\/?$/.test(name)) continue;
      if (type !== "file" || file === undefined)
        throw new ArchiveError(`holds "${name}", which is no file of a bundle`);
      if (files.has(file)) throw new ArchiveError(`holds ${file} twice`);
      files.set(file, Buffer.concat(chunks));
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
  return files;
}
