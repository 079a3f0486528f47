import * as chai from "chai";
import { RpcError, type CodeName } from "../cri/rpc-error.js";
import { fieldMismatches } from "./fields.js";
import { ExpectationFailed } from "./outcome.js";
import { show } from "./show.js";
import { currentRun } from "./spec-run.js";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Chai {
    interface Assertion {
      /**
       * The given fields, at any depth, have these values; others are not looked at. Each field that differs is a
       * mismatch of its own, named as the contract names it.
       */
      fields(expected: object): Assertion;
    }
  }
}

chai.use((_chai, utils) => {
  const { Assertion } = _chai;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const throwing = Assertion.prototype.assert as (...args: unknown[]) => void;

  /**
   * Inside a spec an assertion that does not hold is recorded and the spec goes on, so that a failure shows
   * everything that is wrong. Outside of specs chai behaves as always.
   */
  Assertion.prototype.assert = function (this: Chai.AssertionStatic, ...args: unknown[]): void {
    const run = currentRun();
    if (!run) return throwing.apply(this, args);
    run.reads.compared();
    const flag = (name: string): unknown => utils.flag(this, name) as unknown;
    if (utils.test(this, args as never)) return;
    const [, template, negated, expected, actual] = args as [unknown, string, string, unknown, unknown];
    const words = (flag("negate") ? negated : template) ?? "to hold";
    run.mismatches.push({
      subject: subjectOf(flag("message")),
      expected: words
        .replace(/^expected #\{this\} /, "")
        .replaceAll("#{exp}", show(expected))
        .replaceAll("#{act}", show(actual))
        .replaceAll("#{this}", show(flag("object"))),
      seen: show(args.length > 4 ? actual : flag("object")),
    });
    // Showing a whole reply is no look at each of its fields.
    run.reads.forget();
  };

  Assertion.addMethod("fields", function (this: Chai.AssertionStatic, expected: object) {
    const subject = subjectOf(utils.flag(this, "message"));
    const mismatches = fieldMismatches(subject, utils.flag(this, "object"), expected);
    const run = currentRun();
    run?.reads.compared();
    if (run) run.mismatches.push(...mismatches);
    else if (mismatches[0]) throw new ExpectationFailed(mismatches[0]);
  });
});

const subjectOf = (message: unknown): string => (typeof message === "string" ? message : "value");

/**
 * States a fact: `expect(status.exitCode, "ContainerStatus.exit_code").to.equal(7)`. The subject is what a report
 * shows beside expected and seen. A fact that does not hold is recorded; the spec goes on.
 */
export function expect(seen: unknown, subject: string): Chai.Assertion {
  currentRun()?.reads.expected(seen);
  return chai.expect(seen, subject);
}

/**
 * States that a call is refused, with one of the given codes or, for "any", with any error of the runtime's own.
 * @param subject what was asked, for instance `ContainerStatus of a removed container`
 * @returns the error, or undefined where the call succeeded
 */
export async function expectError(
  call: Promise<unknown>,
  codes: CodeName | readonly CodeName[] | "any",
  subject: string,
): Promise<RpcError | undefined> {
  const wanted = typeof codes === "string" ? [codes] : codes;
  const expected = codes === "any" ? "an error" : wanted.join(" or ");
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RpcError) || error.local) throw error;
    if (codes === "any" ? error.is("Unavailable", "Unimplemented") : !error.is(...(wanted as CodeName[]))) {
      fail({ subject, expected, seen: seenOf(error) });
    }
    return error;
  }
  fail({ subject, expected, seen: "OK" });
  return undefined;
}

/**
 * States that a call succeeds; one that does not is recorded and the spec goes on.
 * @param subject what was asked, for instance `StopPodSandbox of an unknown id`
 * @returns the reply, or undefined where the call was refused
 */
export async function expectOk<T>(call: Promise<T>, subject: string): Promise<T | undefined> {
  const answer = await answerOf(call);
  if (answer instanceof RpcError) {
    fail({ subject, expected: "OK", seen: seenOf(answer) });
    return undefined;
  }
  return answer;
}

/**
 * The answer of a call that the contract lets succeed or fail: the reply or the runtime's refusal. No answer at all
 * ends the spec like any failed call.
 */
export async function answerOf<T>(call: Promise<T>): Promise<T | RpcError> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RpcError) || error.local || error.is("Unavailable")) throw error;
    return error;
  }
}

const seenOf = (error: RpcError): string => `${error.codeName} (${error.code}): ${error.details}`;

function fail(mismatch: { subject: string; expected: string; seen: string }): void {
  const run = currentRun();
  if (!run) throw new ExpectationFailed(mismatch);
  run.mismatches.push(mismatch);
}
