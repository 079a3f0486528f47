import { constants } from "node:fs";
import { open, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { systemErrorReason, UsageError } from "../config/errors.js";
import { makeFolder } from "../support/make-folder.js";
import { ArchiveError, isIntact, packBundle, unpackBundle } from "./archive.js";
import type { BundleFiles } from "./checksums.js";

/** Larger files belong to no bundle. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/**
 * Writes a bundle as a folder, and as an archive of the same name beside it.
 * @returns the path of the archive
 * @throws UsageError when the folder exists with something in it, or cannot be written to
 */
export async function writeBundle(folder: string, files: BundleFiles): Promise<string> {
  const archive = `${folder}.tar.gz`;
  try {
    makeFolder(folder);
    const existing = await readdir(folder);
    if (existing.length > 0) {
      throw new UsageError(`--bundle: "${folder}" is not empty; name another folder, or remove it.`);
    }
    for (const [name, content] of files) await writeFile(join(folder, name), content, { flag: "wx" });
    await rm(archive, { force: true });
    await writeFile(archive, await packBundle(basename(folder), files), { flag: "wx" });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--bundle: "${folder}" cannot be written: ${systemErrorReason(error)}; name another folder.`);
  }
  return archive;
}

/** A bundle that was read, with what was wrong with its wrapping, in sentences that begin with the file's name. */
export interface ReadBundle {
  files: BundleFiles;
  troubles: string[];
}

/**
 * Reads a bundle: a folder, or an archive of one.
 * @throws UsageError when there is neither
 */
export async function readBundle(path: string): Promise<ReadBundle> {
  try {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return undefined;
      throw error;
    });
    if (!entries) return readArchive(path);
    const files = new Map<string, Buffer>();
    const troubles: string[] = [];
    for (const entry of entries) {
      if (entry.isFile()) files.set(entry.name, await readRegular(join(path, entry.name)));
      else troubles.push(`${entry.name} is no ordinary file`);
    }
    return { files, troubles };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `"${path}" cannot be read: ${systemErrorReason(error)}; name the folder or archive of a bundle.`,
    );
  }
}

async function readArchive(path: string): Promise<ReadBundle> {
  const name = basename(path);
  const archive = await readRegular(path);
  try {
    const files = await unpackBundle(archive);
    const troubles = isIntact(archive) ? [] : [`${name} was changed or packed anew; what is in it follows`];
    return { files, troubles };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { files: new Map(), troubles: [`${name} ${error.message}`] };
  }
}

/** A link is not followed: a bundle holds what it holds. */
async function readRegular(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile() || stat.size > MAX_FILE_BYTES) {
    throw new UsageError(
      `"${path}" is no file of a bundle: it must be an ordinary file of at most ${MAX_FILE_BYTES} bytes.`,
    );
  }
  return file.readFile();
}
