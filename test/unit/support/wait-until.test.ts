import { expect } from "chai";
import { describe, it } from "mocha";

import { WaitTimeoutError, waitUntil } from "../../../src/support/wait-until.js";

describe("waitUntil", () => {
  it("returns the first truthy answer, throwing conditions included", async () => {
    let asked = 0;
    const answer = await waitUntil(
      () => {
        asked += 1;
        if (asked < 3) throw new Error("not yet");
        return asked === 4 ? "here" : "";
      },
      { description: "the answer", timeoutMs: 10_000, firstPauseMs: 1 },
    );
    expect(answer).to.equal("here");
    expect(asked).to.equal(4);
  });

  it("asks at least once, and names what it waited for and the last error", async () => {
    const failure = new Error("connection refused");
    const error = await rejection(
      waitUntil(() => Promise.reject(failure), { description: "the endpoint to answer", timeoutMs: 0 }),
    );
    expect(error).to.be.instanceOf(WaitTimeoutError);
    expect((error as Error).message).to.equal("waited 0ns for the endpoint to answer: connection refused");
    expect((error as Error).cause).to.equal(failure);
  });

  it("asks on for as long as it may by then", async () => {
    let asked = 0;
    const condition = (): boolean => ++asked === 5;
    await waitUntil(condition, { description: "the fifth time", timeoutMs: () => (asked < 4 ? 0 : 10_000) }).then(
      () => expect.fail("waited longer than it may"),
      (error: Error) => expect(error.message).to.equal("waited 0ns for the fifth time"),
    );
    await waitUntil(condition, { description: "the fifth time", timeoutMs: () => (asked < 5 ? 10_000 : 0) });
    expect(asked).to.equal(5);
  });

  it("stops when aborted, with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const waiting = rejection(
      waitUntil(() => false, {
        description: "never",
        timeoutMs: 60_000,
        firstPauseMs: 60_000,
        signal: controller.signal,
      }),
    );
    controller.abort(reason);
    expect(await waiting).to.equal(reason);
  });
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the promise was expected to reject");
}
