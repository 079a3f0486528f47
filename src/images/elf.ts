import type { FileHandle } from "node:fs/promises";

/** What is worth knowing about an executable before it goes into an image. */
export interface ElfHeader {
  /** In Go's words, such as `amd64`, or `machine N` for one that has no images here. */
  readonly architecture: string;
  /** No program header asks for an interpreter: neither plain static nor static-pie executables do. */
  readonly isStatic: boolean;
}

const architectures: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64" };
const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const fileHeaderBytes = 64;
const interpreterType = 3;
const mostProgramHeaders = 64;

/** Reads the header of a 64-bit little-endian ELF file (System V ABI, chapters 4 and 5); undefined for any other file. */
export async function readElfHeader(file: FileHandle): Promise<ElfHeader | undefined> {
  const header = await readAt(file, 0, fileHeaderBytes);
  if (header.length < fileHeaderBytes || !header.subarray(0, magic.length).equals(magic)) return undefined;
  const machine = header.readUInt16LE(18);
  const tableOffset = Number(header.readBigUInt64LE(32));
  const entryBytes = header.readUInt16LE(54);
  const entries = Math.min(header.readUInt16LE(56), mostProgramHeaders);
  const table = await readAt(file, tableOffset, entryBytes * entries);
  let isStatic = true;
  for (let offset = 0; offset + 4 <= table.length; offset += entryBytes) {
    if (table.readUInt32LE(offset) === interpreterType) isStatic = false;
  }
  return { architecture: architectures[machine] ?? `machine ${machine}`, isStatic };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
