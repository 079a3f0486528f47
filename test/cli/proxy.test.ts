import { existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CriConnection } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type FakeRuntime } from "../support/fake-runtime.js";
import { expectUserError } from "./expect-error.js";
import { runCritique } from "./run-critique.js";

describe("critique proxy", () => {
  let folder: TempFolder;
  let runtime: FakeRuntime;
  let socket: string;

  beforeEach(async () => {
    folder = await createTempFolder("cli-proxy");
    runtime = await startFakeRuntime();
    socket = join(folder.path, "proxy.sock");
  });

  afterEach(async () => {
    await runtime.close();
    await folder.remove();
  });

  /** What Version tells through the proxy, and how the proxy ended after SIGTERM. */
  async function versionThroughProxy(...args: string[]) {
    let seen: Promise<{ runtimeName: string; mode: number }> | undefined;
    const end = await runCritique(["proxy", "-r", runtime.socketPath, "--socket", socket, ...args], {
      onStderr: (stderr, child) => {
        if (!stderr.includes("a signal ends it")) return;
        seen ??= look().finally(() => child.kill("SIGTERM"));
      },
    });
    return { end, ...(await seen) };
  }

  async function look() {
    const connection = new CriConnection(parseEndpoint(socket));
    try {
      const { runtimeName } = await connection.rpc({ timeoutMs: 10_000 }).version({});
      return { runtimeName, mode: statSync(socket).mode & 0o777 };
    } finally {
      connection.close();
    }
  }

  it("passes calls on for its own user alone, until a signal ends it, and leaves no socket", async () => {
    const { end, runtimeName, mode } = await versionThroughProxy();
    expect(end.code, end.stderr).to.equal(0);
    expect(end.stdout).to.equal(`unix://${socket}\n`);
    expect(runtimeName).to.equal("fake");
    expect(mode).to.equal(0o600);
    expect(existsSync(socket), "the socket is still there").to.equal(false);
  });

  it("makes the runtime behave as the fault says", async () => {
    const { end, runtimeName } = await versionThroughProxy("--faults", "omitted:Version.runtime_name");
    expect(runtimeName).to.equal("");
    expect(end.stderr).to.include("omitted:Version.runtime_name changed something 1 time");
  });

  it("refuses a path where something is, and leaves that alone", async () => {
    await writeFile(socket, "mine");
    const end = await runCritique(["proxy", "-r", runtime.socketPath, "--socket", socket]);
    expectUserError(end, 3, socket, "something is there already", "--socket");
    expect(statSync(socket).size).to.equal(4);
  });

  it("takes exactly one fault", async () => {
    const end = await runCritique(["proxy", "-r", runtime.socketPath, "--faults", "noop:*"]);
    expectUserError(end, 2, "noop:*", "exactly one");
    const misspelt = await runCritique(["proxy", "-r", runtime.socketPath, "--faults", "noop:StopContaine"]);
    expectUserError(misspelt, 2, "names no fault", "noop:StopContainer");
  });
});
