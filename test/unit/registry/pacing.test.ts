import { expect } from "chai";
import { describe, it } from "mocha";
import { ConnectionReset, holdAfter, resetAfter, throttle } from "../../../src/registry/pacing.js";

async function* source(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from("abcdefg"));
  yield await Promise.resolve(Buffer.from("hij"));
}

async function drain(chunks: AsyncIterable<Buffer>, seen: string[]): Promise<void> {
  for await (const chunk of chunks) if (chunk.length > 0) seen.push(chunk.toString());
}

describe("pacing of replies", () => {
  it("throttles to a rate in ten pieces a second", async () => {
    const seen: string[] = [];
    const wait = (ms: number) => Promise.resolve(void seen.push(`${ms} ms`));
    await drain(throttle(source(), 40, wait), seen);

    expect(seen).to.deep.equal(["abcd", "100 ms", "efg", "75 ms", "hij", "75 ms"]);
  });

  for (const { bytes, expected } of [
    { bytes: 0, expected: ["held", "abcdefg", "hij"] },
    { bytes: 3, expected: ["abc", "held", "defg", "hij"] },
    { bytes: 7, expected: ["abcdefg", "held", "hij"] },
    { bytes: 10, expected: ["abcdefg", "hij"] },
  ]) {
    it(`holds after ${bytes} bytes, once`, async () => {
      const seen: string[] = [];
      await drain(
        holdAfter(source(), bytes, () => Promise.resolve(void seen.push("held"))),
        seen,
      );

      expect(seen).to.deep.equal(expected);
    });
  }

  for (const { bytes, expected } of [
    { bytes: 3, expected: ["abc"] },
    { bytes: 7, expected: ["abcdefg"] },
    { bytes: 9, expected: ["abcdefg", "hi"] },
  ]) {
    it(`resets after ${bytes} bytes`, async () => {
      const seen: string[] = [];
      const failure = await drain(resetAfter(source(), bytes), seen).catch((error: unknown) => error);

      expect(failure).to.be.instanceOf(ConnectionReset);
      expect(seen).to.deep.equal(expected);
    });
  }
});
