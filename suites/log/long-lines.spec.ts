import { writeFile } from "node:fs/promises";
import {
  behaviour,
  expect,
  joinLines,
  type LogEntry,
  type PodSandbox,
  type SpecContext,
} from "../../src/harness/index.js";
import { logOf, writing } from "./logged.js";

/** Several times the largest part that is known: 16 KiB in containerd and Docker, 8 KiB in conmon. */
const LONG_LINE = printable(100_000);

/** Printable characters without a pattern that would hide a lost or repeated part. */
function printable(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0; // the C standard's example generator
    return String.fromCharCode(33 + ((state >>> 16) % 94));
  }).join("");
}

behaviour(
  "LOG-007",
  {
    title: "Very long lines are split into P entries closed by one F entry without losing bytes",
    level: "required",
    rpcs: ["StartContainer"],
    clause: "log entry tag: the kubelet joins the parts up to the entry with the tag F",
    needs: ["node-files"],
  },
  async (context) => {
    const entries = await logged(context, await context.runtime.borrowSandbox(), [LONG_LINE, "end"]);

    const lines = joinLines(entries);
    expect(lines, "lines of the log, parts joined").to.have.lengthOf(2);
    expect(differenceAt(lines[0] ?? "", LONG_LINE), "first character of the long line that differs").to.equal(
      undefined,
    );
    expect(lines[1], "line after it").to.equal("end");
    expect(entries.filter(({ tag }) => tag === "F").length, "number of entries with the tag F").to.equal(2);
    context.note(`lengths of the parts: ${[...new Set(parts(entries))].join(", ") || "not split"}`);
  },
);

behaviour(
  "LOG-008",
  {
    title: "A line is split only where it is longer than the largest part",
    level: "recommended",
    rpcs: ["StartContainer"],
    clause: "log entry tag: P where the line goes on in the next entry",
    needs: ["node-files"],
  },
  async (context) => {
    const sandbox = await context.runtime.borrowSandbox();
    const lengths = parts(await logged(context, sandbox, [LONG_LINE]));
    const largest = lengths[0];
    if (largest === undefined || lengths.some((length) => length !== largest))
      return context.notApplicable("the runtime does not split lines at a fixed length", "configuration");

    for (const length of [largest - 1, largest, largest + 1]) {
      const entries = await logged(context, sandbox, [LONG_LINE.slice(0, length)]);

      expect(joinLines(entries).join("\n").length, `length of the logged line of ${length}`).to.equal(length);
      // A runtime that reads in blocks sees the newline of a line of exactly one block later.
      const allowed =
        length < largest ? [`F${length}`] : length === largest ? [`F${largest}`, `P${largest} F0`] : [`P${largest} F1`];
      expect(
        entries.map(({ tag, content }) => `${tag}${content.length}`).join(" "),
        `tags and lengths of the entries of a line of ${length}`,
      ).to.be.oneOf(allowed);
    }
  },
);

/** The entries that a container logs which prints these lines at once. */
async function logged({ tempFolder }: SpecContext, sandbox: PodSandbox, lines: string[]): Promise<LogEntry[]> {
  const folder = await tempFolder("lines");
  await writeFile(`${folder}/lines`, `${lines.join("\n")}\n`);
  const container = await sandbox.startContainer({
    command: writing("cat /data/lines"),
    mounts: [{ containerPath: "/data", hostPath: folder, readonly: true }],
  });
  const { entries, malformed } = await logOf(container, lines.length);
  expect(malformed, "lines that are no entries").to.be.empty;
  return entries;
}

const parts = (entries: readonly LogEntry[]): number[] =>
  entries.filter(({ tag }) => tag === "P").map(({ content }) => content.length);

function differenceAt(seen: string, wanted: string): number | undefined {
  if (seen === wanted) return undefined;
  const index = [...wanted].findIndex((character, at) => seen[at] !== character);
  return index < 0 ? wanted.length : index;
}
