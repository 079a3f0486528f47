import type { ContentBlob, Digest } from "../registry/content.js";
import { bufferBlob, collect, generatedBlob } from "./blob.js";
import { compress, type Compression } from "./compression.js";
import { contentChunks, contentSizeBytes, type FileEntry, type HardLinkEntry, type LayerEntry } from "./layer-entry.js";
import { tarArchive, type TarMember } from "./tar.js";

/** A built layer. */
export interface Layer {
  readonly compression: Compression;
  /** The digest of the uncompressed archive, as the image's config lists it (OCI image-spec, config.md, `diff_ids`). */
  readonly diffId: Digest;
  readonly blob: ContentBlob;
}

/** Compressed layers by compression and diff id: images that share layers need not compress them again. */
export type CompressedLayers = Map<string, ContentBlob>;

/** Layers above this size are generated for every reader instead of being kept. */
const keptLayerBytes = 16 * 1024 * 1024;

/** tar-stream writes six octal digits. */
const largestId = 0o777777;

/**
 * Builds a layer. Entries are sorted by path, hard links last because their targets must come first.
 *
 * @throws ImageBuildError for a path, link or owner that an archive or a runtime would reject.
 */
export async function buildLayer(
  entries: readonly LayerEntry[],
  compression: Compression,
  compressed: CompressedLayers = new Map(),
): Promise<Layer> {
  const members = toMembers(entries);
  const archive = () => tarArchive(members);
  const plain = await makeBlob(entries, archive);
  if (compression === "none") return { compression, diffId: plain.digest, blob: plain };
  const key = `${compression} ${plain.digest}`;
  const blob = compressed.get(key) ?? (await makeBlob(entries, () => compress(archive(), compression)));
  compressed.set(key, blob);
  return { compression, diffId: plain.digest, blob };
}

async function makeBlob(entries: readonly LayerEntry[], generate: () => AsyncIterable<Buffer>): Promise<ContentBlob> {
  const sizeBytes = entries.reduce(
    (sum, entry) => sum + (entry.type === "file" ? contentSizeBytes(entry.content) : 0),
    0,
  );
  return sizeBytes > keptLayerBytes ? generatedBlob(generate) : bufferBlob(await collect(generate()));
}

function toMembers(entries: readonly LayerEntry[]): TarMember[] {
  const files = new Map(entries.filter((entry) => entry.type === "file").map((entry) => [entry.path, entry]));
  const names = new Set<string>();
  return [...entries].sort(byPathLinksLast).map((entry) => {
    checkPath(entry.path);
    const member = entry.type === "hardlink" ? hardLink(entry, files.get(entry.target)) : toMember(entry);
    if (names.has(member.header.name)) {
      throw new ImageBuildError(`"${entry.path}" appears twice in one layer; keep one of the two.`);
    }
    names.add(member.header.name);
    return member;
  });
}

function byPathLinksLast(a: LayerEntry, b: LayerEntry): number {
  const rank = Number(a.type === "hardlink") - Number(b.type === "hardlink");
  return rank !== 0 ? rank : a.path < b.path ? -1 : 1;
}

/** Runtimes apply a link's mode and owner to the file it shares, so the link repeats those of its target. */
function hardLink(entry: HardLinkEntry, target: FileEntry | undefined): TarMember {
  if (target === undefined) {
    throw new ImageBuildError(
      `Hard link "${entry.path}": "${entry.target}" is not a file of the same layer; add it there.`,
    );
  }
  const { mode, uid, gid } = attributes(target, 0o644);
  return { header: { name: entry.path, type: "link", linkname: entry.target, mode, uid, gid } };
}

function toMember(entry: Exclude<LayerEntry, HardLinkEntry>): TarMember {
  switch (entry.type) {
    case "whiteout": {
      const slash = entry.path.lastIndexOf("/") + 1;
      return emptyFile(`${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`);
    }
    case "opaque":
      return emptyFile(`${entry.path}/.wh..wh..opq`);
    case "directory":
      return { header: { ...attributes(entry, 0o755), name: `${entry.path}/`, type: "directory" } };
    case "symlink":
      return { header: { ...attributes(entry, 0o777), type: "symlink", linkname: entry.target } };
    case "file":
      return {
        header: { ...attributes(entry, 0o644), type: "file", size: contentSizeBytes(entry.content) },
        content: { [Symbol.iterator]: () => contentChunks(entry.content) },
      };
  }
}

function emptyFile(name: string): TarMember {
  return { header: { name, type: "file", size: 0, mode: archiveMode(0o644) }, content: [] };
}

function attributes(entry: Exclude<LayerEntry, { type: "hardlink" | "whiteout" | "opaque" }>, defaultMode: number) {
  const { path, uid = 0, gid = 0, mode = defaultMode, xattrs = {} } = entry;
  if (Math.max(uid, gid) > largestId) {
    throw new ImageBuildError(
      `"${path}": owner ${uid}:${gid} is above ${largestId}, the largest that is supported here.`,
    );
  }
  const records = Object.entries(xattrs).map(([name, value]) => [`SCHILY.xattr.${name}`, value] as const);
  const pax = records.length === 0 ? {} : { pax: Object.fromEntries(records.sort()) };
  return { name: path, mode: archiveMode(mode), uid, gid, ...pax };
}

/** tar-stream takes mode 0 for "not given"; a bit that it masks out says otherwise. */
function archiveMode(mode: number): number {
  return mode | 0o100000;
}

function checkPath(path: string): void {
  if (path === "" || path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw new ImageBuildError(`Path "${path}" is not relative to the image's root; write it like "etc/passwd".`);
  }
}

/** An image was described in a way that cannot be built. */
export class ImageBuildError extends Error {
  override readonly name = "ImageBuildError";
}
