import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describe, it } from "mocha";

import { ExpectationFailed } from "../../../src/harness/outcome.js";
import { until } from "../../../src/harness/until.js";
import { rejection } from "../../support/rejection.js";

describe("until", () => {
  /** A condition that takes longer than it is given, and holds when it is asked for the nth time. */
  const holdsAt = (nth: number) => {
    const condition = async (): Promise<boolean> => {
      condition.tries += 1;
      await sleep(5);
      return condition.tries >= nth;
    };
    condition.tries = 0;
    return condition;
  };

  it("asks as often as it has to, although the time has run out", async () => {
    expect(await until("the third time", holdsAt(3), { timeoutMs: 1, leastTries: 3 })).to.equal(true);
  });

  it("ends after that, and shows what was seen", async () => {
    const condition = holdsAt(4);
    const error = await rejection(
      until("the fourth time", condition, { timeoutMs: 1, leastTries: 3, seen: () => `${condition.tries} times` }),
    );
    expect(error).to.be.instanceOf(ExpectationFailed);
    expect((error as ExpectationFailed).mismatch).to.deep.include({ seen: "3 times" });
  });
});
