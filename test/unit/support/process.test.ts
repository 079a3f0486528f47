import { expect } from "chai";
import { describe, it } from "mocha";

import { captureProcess, ProcessError, runProcess } from "../../../src/support/process.js";

const node = (script: string): [string, string[]] => [process.execPath, ["-e", script]];

describe("captureProcess", () => {
  it("gives exit code, stdout and stderr, and feeds stdin", async () => {
    const result = await captureProcess(
      ...node(
        "process.stdin.pipe(process.stdout); process.stdin.on('end', () => { console.error('oops'); process.exitCode = 3; })",
      ),
      { input: "hello" },
    );
    expect(result).to.include({
      exitCode: 3,
      stdout: "hello",
      stderr: "oops\n",
      signal: undefined,
      truncated: false,
      timedOut: false,
    });
  });

  it("keeps no more output than allowed, and says so", async () => {
    const result = await captureProcess(...node("process.stdout.write('x'.repeat(300000))"), { maxOutputBytes: 1000 });
    expect(result.stdout).to.equal("x".repeat(1000));
    expect(result.truncated).to.equal(true);
    expect(result.exitCode).to.equal(0);
  });

  it("kills the process and its children after the timeout", async () => {
    const result = await captureProcess("sh", ["-c", "sleep 600 & sleep 600"], { timeoutMs: 50 });
    expect(result.timedOut).to.equal(true);
    expect(result.signal).to.equal("SIGKILL");
  });

  it("passes no argument through a shell", async () => {
    const result = await captureProcess(process.execPath, ["-p", "process.argv[1]", "$(id); *"]);
    expect(result.stdout).to.equal("$(id); *\n");
  });

  it("rejects with the reason when aborted, before and during the run", async () => {
    const reason = new Error("interrupted");
    const controller = new AbortController();
    const during = rejection(captureProcess("sleep", ["600"], { signal: controller.signal }));
    controller.abort(reason);
    expect(await during).to.equal(reason);
    expect(await rejection(captureProcess("sleep", ["600"], { signal: controller.signal }))).to.equal(reason);
  });

  it("rejects when the program does not exist", async () => {
    expect(await rejection(captureProcess("/no/such/program", []))).to.have.property("code", "ENOENT");
  });
});

describe("runProcess", () => {
  it("throws for a failure, with the command, the exit code and the last words", async () => {
    const error = await rejection(runProcess("sh", ["-c", "echo no luck >&2; exit 7"]));
    expect(error).to.be.instanceOf(ProcessError);
    expect((error as ProcessError).message).to.equal("sh -c echo no luck >&2; exit 7 ended with exit code 7: no luck");
    expect((error as ProcessError).result.exitCode).to.equal(7);
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
