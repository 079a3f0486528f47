import { Readable } from "node:stream";
import { extract, type Header } from "tar-stream";
import { collect } from "../../../src/images/blob.js";

export interface ReadMember {
  readonly header: Header;
  readonly text: string;
}

/** The members of an uncompressed archive, in their order. */
export async function readTar(archive: AsyncIterable<Buffer>): Promise<ReadMember[]> {
  const members: ReadMember[] = [];
  const extractor = extract();
  Readable.from(archive).pipe(extractor);
  for await (const entry of extractor) {
    const content = await collect(entry as unknown as AsyncIterable<Buffer>);
    members.push({ header: entry.header, text: content.toString() });
  }
  return members;
}
