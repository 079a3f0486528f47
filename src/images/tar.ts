import { once } from "node:events";
import { pack, type Header, type Pack } from "tar-stream";

/** The time stamp of everything that is built here, so that equal input gives equal digests. */
export const buildTime = new Date("2024-01-01T00:00:00Z");

/** One member of an archive. `pax` adds records to its extended header, such as `SCHILY.xattr.user.note`. */
export interface TarMember {
  readonly header: Partial<Header> & { readonly name: string; readonly pax?: Readonly<Record<string, string>> };
  /** The bytes of a regular file; their number must equal `header.size`. */
  readonly content?: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** The tar archive of the members, in their order, with fixed time stamps. */
export async function* tarArchive(members: Iterable<TarMember>): AsyncGenerator<Buffer> {
  const archive = pack();
  const writing = writeMembers(archive, members);
  // A failure destroys the archive, which ends the loop below with that error.
  writing.catch((error: unknown) => archive.destroy(error as Error));
  for await (const chunk of archive as AsyncIterable<Buffer>) yield chunk;
  await writing;
}

async function writeMembers(archive: Pack, members: Iterable<TarMember>): Promise<void> {
  for (const { header, content } of members) {
    const member = archive.entry({ ...header, mtime: buildTime });
    const closed = once(member, "close");
    if (content !== undefined) {
      for await (const chunk of content) if (!member.write(chunk)) await once(member, "drain");
    }
    member.end(null);
    await closed;
  }
  archive.finalize();
}
