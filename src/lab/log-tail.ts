import { open } from "node:fs/promises";

/**
 * The last lines of a log, for an error message; none of an empty or missing log. Warnings and worse are preferred when
 * containerd's format is recognised.
 */
export async function logTail(path: string, lineCount = 8): Promise<string[]> {
  let text: string;
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, 64 * 1024));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    text = buffer.toString("utf8");
  } catch {
    return [];
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const severe = lines.filter((line) => !/level="?(info|debug|trace)/.test(line));
  return (severe.length > 0 ? severe : lines).slice(-lineCount).map((line) => line.slice(0, 500));
}
