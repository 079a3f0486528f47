import { createHash } from "node:crypto";

/** The files of a bundle by name; there are no folders in it. */
export type BundleFiles = ReadonlyMap<string, Buffer>;

/** Name of the list of checksums, in the form that `sha256sum -c` reads. */
export const CHECKSUMS = "SHA256SUMS";

const SELF = /^# sha256 of the lines above: ([0-9a-f]{64})\n$/;

export function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The list of checksums of some files; its last line is its own, so that an edit of the list itself shows. */
export function checksumsOf(files: BundleFiles): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => `${sha256(content)}  ${name}\n`);
  const text = lines.join("");
  return `${text}# sha256 of the lines above: ${sha256(text)}\n`;
}

/** What differs from the list of checksums in a bundle, in sentences that begin with the file's name. */
export function checksumTroubles(files: BundleFiles): string[] {
  const list = files.get(CHECKSUMS)?.toString("latin1");
  if (list === undefined) return [`${CHECKSUMS} is missing`];
  const end = list.lastIndexOf("\n", list.length - 2) + 1;
  const lines = list.slice(0, end);
  if (SELF.exec(list.slice(end))?.[1] !== sha256(Buffer.from(lines, "latin1"))) return [`${CHECKSUMS} was changed`];

  const listed = new Map(
    lines
      .split("\n")
      .slice(0, -1)
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
  const troubles: string[] = [];
  for (const [name, digest] of listed) {
    const content = files.get(name);
    if (content === undefined) troubles.push(`${name} is missing`);
    else if (sha256(content) !== digest) troubles.push(`${name} was changed`);
  }
  for (const name of files.keys()) if (name !== CHECKSUMS && !listed.has(name)) troubles.push(`${name} was added`);
  return troubles;
}
