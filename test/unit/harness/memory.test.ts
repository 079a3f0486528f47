import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { describe, it } from "mocha";

const PROGRAM = fileURLToPath(new URL("../../support/many-specs.js", import.meta.url));

/** What one spec may keep for good: its verdict and its events, not its clients, its pods or its buffers. */
const KEPT_BYTES_PER_SPEC = 6 * 1024;

describe("memory of a run", () => {
  it("grows by no more than the results over 5,000 specs", async function () {
    this.timeout(300_000);
    // A process of its own: the heap of the other tests is none of its business.
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", PROGRAM, "5000"]);
    const { heapBytes } = JSON.parse(stdout) as { heapBytes: number[] };
    const [early = 0, late = Infinity] = [heapBytes.at(1), heapBytes.at(-1)];
    expect(heapBytes).to.have.lengthOf(6);
    // From 1,000 specs on, when all code is compiled and all pools are filled.
    expect((late - early) / 4000, "bytes kept per spec").to.be.below(KEPT_BYTES_PER_SPEC);
  });
});
