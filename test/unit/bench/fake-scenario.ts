import type { Laps } from "../../../src/bench/core/laps.js";
import type { Scenario, ScenarioContext } from "../../../src/bench/core/scenario.js";

/** What a fake scenario does in one iteration; each part may throw. */
export interface FakeIteration {
  prepare?: () => void;
  first?: () => void;
  second?: () => void;
  conclude?: () => void;
}

/** A scenario with two phases that needs no runtime, and writes down what is called. */
export function fakeScenario(iterationAt: (index: number) => FakeIteration = () => ({})) {
  const calls: string[] = [];
  let index = 0;
  const scenario: Scenario = {
    name: "fake",
    title: "nothing at all",
    phases: ["first", "second"],
    setUp() {
      calls.push("setUp");
      const prepare = () => {
        const { prepare, first, second, conclude } = iterationAt(index++);
        calls.push("prepare");
        prepare?.();
        return Promise.resolve({
          async measure(laps: Laps) {
            calls.push("measure");
            await Promise.resolve();
            first?.();
            laps.mark("first");
            second?.();
            laps.mark("second");
          },
          conclude() {
            calls.push("conclude");
            conclude?.();
            return Promise.resolve();
          },
        });
      };
      const cleanUp = () => {
        calls.push("cleanUp");
        return Promise.resolve();
      };
      return Promise.resolve({ prepare: () => Promise.resolve().then(prepare), cleanUp });
    },
  };
  return { scenario, calls };
}

/** A context for scenarios that use nothing of it but the signal. */
export function fakeContext(signal: AbortSignal = new AbortController().signal): Omit<ScenarioContext, "note"> {
  return { signal, image: "none" } as unknown as ScenarioContext;
}

export const fail = (message: string) => () => {
  throw new Error(message);
};
