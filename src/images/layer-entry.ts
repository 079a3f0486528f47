import { createCipheriv, createHash } from "node:crypto";

/**
 * What a layer does to one path. Paths are relative to the root of the image, without a leading or trailing slash and
 * without `.` or `..` (`etc/passwd`). Modes are permission bits with setuid, setgid and sticky (0o4755).
 */
export type LayerEntry = FileEntry | DirectoryEntry | SymlinkEntry | HardLinkEntry | WhiteoutEntry | OpaqueEntry;

interface Attributes {
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Extended attributes by full name, such as `user.note`; ASCII values. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** A regular file; default mode 0644. */
export interface FileEntry extends Attributes {
  readonly type: "file";
  readonly content: string | Buffer | GeneratedContent;
}

/** A directory; default mode 0755. */
export interface DirectoryEntry extends Attributes {
  readonly type: "directory";
}

export interface SymlinkEntry extends Attributes {
  readonly type: "symlink";
  readonly target: string;
}

/** Another name for a file of the same layer: `target` is that file's path, in the form of `path`. */
export interface HardLinkEntry extends Pick<Attributes, "path"> {
  readonly type: "hardlink";
  readonly target: string;
}

/** Removes a path of the layers below (`.wh.NAME`, OCI image-spec, layer.md). */
export interface WhiteoutEntry extends Pick<Attributes, "path"> {
  readonly type: "whiteout";
}

/** Hides what the layers below have in a directory (`.wh..wh..opq`, OCI image-spec, layer.md). */
export interface OpaqueEntry extends Pick<Attributes, "path"> {
  readonly type: "opaque";
}

/** Incompressible content that depends on size and seed only and is never held in memory as a whole. */
export interface GeneratedContent {
  readonly sizeBytes: number;
  readonly seed: string;
}

const chunkBytes = 64 * 1024;

/** The bytes of a file's content, in chunks. */
export function* contentChunks(content: FileEntry["content"]): Generator<Buffer> {
  if (typeof content === "string") yield Buffer.from(content);
  else if (Buffer.isBuffer(content)) yield content;
  else yield* pseudoRandomChunks(content);
}

/** The size of a file's content in bytes. */
export function contentSizeBytes(content: FileEntry["content"]): number {
  if (typeof content === "string") return Buffer.byteLength(content);
  return Buffer.isBuffer(content) ? content.length : content.sizeBytes;
}

/** The key stream of AES in counter mode: the cheapest incompressible bytes at hand, equal on every machine. */
function* pseudoRandomChunks({ sizeBytes, seed }: GeneratedContent): Generator<Buffer> {
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  const cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(chunkBytes);
  for (let left = sizeBytes; left > 0; left -= chunkBytes) yield cipher.update(zeros.subarray(0, left));
}
