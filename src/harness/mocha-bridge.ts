import Mocha from "mocha";

/**
 * Executes one body as a mocha test in a runner of its own, and says what it threw.
 *
 * Mocha is the executor and nothing more. A runner per spec lets specs run side by side in one process, and keeps
 * clear of what mocha does around hooks: after a failing hook its remaining tests emit no event at all. Deadlines,
 * identity and verdicts are ours, so mocha's own timeout is off.
 */
export function executeWithMocha(id: string, body: () => Promise<void>): Promise<{ thrown?: unknown }> {
  const root = new Mocha.Suite("", new Mocha.Context());
  root.root = true;
  root.timeout(0); // before addTest, which hands it on
  root.addTest(new Mocha.Test(id, body));
  const runner = new Mocha.Runner(root, {});
  return new Promise((resolve) => {
    let thrown: { thrown?: unknown } = {};
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (_test, error: unknown) => {
      thrown = { thrown: error };
    });
    runner.run(() => resolve(thrown));
    // Each runner claims every uncaught error of the process; with several at once one error would fail them all.
    const { uncaught, unhandled } = runner as unknown as Record<"uncaught" | "unhandled", () => void>;
    process.off("uncaughtException", uncaught);
    process.off("unhandledRejection", unhandled);
  });
}
