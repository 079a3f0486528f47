import { open } from "node:fs/promises";

const BLOCK_BYTES = 512;

/** More entries than a checkpoint has; the rest is not looked at. */
const MAX_ENTRIES = 10_000;

/** The names in a tar archive (POSIX ustar), without a leading `./`; reads the headers only. */
export async function namesInTar(path: string): Promise<string[]> {
  const file = await open(path);
  const names: string[] = [];
  try {
    const header = Buffer.alloc(BLOCK_BYTES);
    let position = 0;
    while (names.length < MAX_ENTRIES) {
      const { bytesRead } = await file.read(header, 0, BLOCK_BYTES, position);
      if (bytesRead < BLOCK_BYTES || header[0] === 0) break;
      const text = (start: number, length: number) =>
        header.toString("latin1", start, start + length).split("\0")[0] ?? "";
      names.push(text(0, 100).replace(/^\.\//, ""));
      const sizeBytes = Number.parseInt(text(124, 12).trim(), 8) || 0;
      position += BLOCK_BYTES * (1 + Math.ceil(sizeBytes / BLOCK_BYTES));
    }
    return names;
  } finally {
    await file.close();
  }
}
