import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { expectUserError } from "./expect-error.js";
import { listenGrpc, listenRaw } from "./fake-servers.js";
import { runCritique } from "./run-critique.js";

/** Any user but root. */
const NOBODY_UID = 65534;

describe("a wrong endpoint", () => {
  let folder: TempFolder;
  let socket: string;

  beforeEach(async () => {
    folder = await createTempFolder("cli-test");
    socket = join(folder.path, "cri.sock");
  });
  afterEach(() => folder.remove());

  const run = (endpoint: string, ...more: string[]) =>
    runCritique(["run", "-r", endpoint, ...more], { cwd: folder.path });

  it("is a usage error when there is no such file", async () => {
    expectUserError(await run(`unix://${socket}`), 2, `There is no socket "${socket}"`, "--runtime-endpoint");
  });

  it("is a usage error when the file is no socket", async () => {
    await writeFile(socket, "");
    expectUserError(await run(socket), 2, `"${socket}" is no socket`, "--runtime-endpoint");
    expectUserError(await run(folder.path), 2, "is no socket");
  });

  it("is a usage error when it is not understood", async () => {
    expectUserError(await run("run/containerd.sock"), 2, '--runtime-endpoint: Endpoint "run/containerd.sock"');
    expectUserError(await run(`/${"x".repeat(120)}`), 2, "107 bytes");
  });

  it("names the environment variable it came from", async () => {
    const env = { CONTAINER_RUNTIME_ENDPOINT: "npipe:////./pipe/x" };
    expectUserError(await runCritique(["run"], { env, cwd: folder.path }), 2, "CONTAINER_RUNTIME_ENDPOINT");
  });

  it("is an environment error when permission is denied", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await using _server = await listenRaw(socket, () => undefined);
    await chmod(socket, 0);
    await chmod(folder.path, 0o755);
    const asNobody = await runCritique(["run", "-r", socket], { uid: NOBODY_UID, cwd: "/" });
    expectUserError(asNobody, 3, `Permission denied for the socket`, socket, "sudo");
    await chmod(folder.path, 0o700);
    const shutOut = await runCritique(["run", "-r", socket], { uid: NOBODY_UID, cwd: "/" });
    expectUserError(shutOut, 3, `Permission denied for the socket "${socket}"`);
  });

  it("is an environment error when nothing listens any more", async () => {
    // A process that dies leaves its socket file behind.
    const { spawnSync } = await import("node:child_process");
    const leave = `require("net").createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", leave]);
    expectUserError(await run(socket), 3, "Nothing listens", "start it");
  });

  it("is a usage error when garbage is all it says", async () => {
    await using _server = await listenRaw(socket, (client) => client.end("SSH-2.0-OpenSSH_9\r\n"));
    expectUserError(await run(socket), 2, "is no gRPC server", '"SSH-2.0-OpenSSH_9\\r\\n"');
  });

  it("shows what it says harmlessly", async () => {
    await using _server = await listenRaw(socket, (client) => client.end("\u001b[2J\u001b]0;owned\u0007\u009b31m"));
    const end = await run(socket);
    expectUserError(end, 2, "is no gRPC server");
    expect(end.stderr).not.to.match(/[\u001b\u0007\u009b]/);
  });

  it("is a usage error when it is a web server, as Docker's socket is", async () => {
    await using _server = await listenRaw(socket, (client) => {
      client.once("data", () => client.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    });
    expectUserError(await run(socket), 2, "is no gRPC server", "HTTP/1.1 400 Bad Request");
  });

  it("is a usage error when it hangs up on the greeting", async () => {
    await using _server = await listenRaw(socket, (client) => client.once("data", () => client.destroy()));
    expectUserError(await run(socket), 2, "is no gRPC server: it hung up");
  });

  it("is an environment error when it says nothing", async () => {
    await using _server = await listenRaw(socket, () => undefined);
    expectUserError(await run(socket), 3, "said nothing within", "restart");
  });

  it("is an environment error when it says a few bytes and no more", async () => {
    await using _server = await listenRaw(socket, (client) => client.write("\u0000\u0000"));
    expectUserError(await run(socket), 2, "is no gRPC server");
  });

  it("is an environment error when the runtime speaks v1alpha2 only", async () => {
    await using _server = await listenGrpc(socket, "runtime.v1alpha2.RuntimeService", { Version: "empty" });
    expectUserError(await run(socket), 3, "speaks CRI v1alpha2 only", "upgrade the runtime");
  });

  it("is an environment error when the server has no CRI, as containerd without its plugin", async () => {
    await using _server = await listenGrpc(socket, "containerd.services.version.v1.Version", { Version: "empty" });
    expectUserError(await run(socket), 3, "without runtime.v1.RuntimeService", "disabled_plugins");
  });

  it("is an environment error when calls hang", async () => {
    await using _server = await listenGrpc(socket, "runtime.v1.RuntimeService", { Version: "never" });
    expectUserError(await run(socket), 3, "does not answer Version");
  });

  it("is a usage error for a host name that does not resolve", async () => {
    expectUserError(await run("tcp://no-such-host.invalid:1234"), 2, "does not resolve");
  });

  it("is an environment error for a closed port", async () => {
    expectUserError(await run("tcp://127.0.0.1:1"), 3, "connection refused");
  });

  it("of the image service names its own option", async () => {
    await using _server = await listenGrpc(socket, "runtime.v1.RuntimeService", { Version: "empty" });
    const other = join(folder.path, "image.sock");
    expectUserError(await run(socket, "-i", other), 2, `There is no socket "${other}"`, "--image-endpoint");
    await using _images = await listenGrpc(other, "some.Service", { Version: "empty" });
    expectUserError(await run(socket, "-i", other), 3, "without runtime.v1.ImageService");
  });

  it("is found in crictl.yaml when nothing else names one", async () => {
    const crictl = join(folder.path, "crictl.yaml");
    await writeFile(crictl, `runtime-endpoint: unix://${socket}\n`);
    const end = await runCritique(["run"], { env: { CRI_CONFIG_FILE: crictl }, cwd: folder.path });
    expectUserError(end, 2, `endpoint: unix://${socket} (from ${crictl})`, `There is no socket "${socket}"`);
  });

  it("leaves no report folder behind", async () => {
    await mkdir(join(folder.path, "cwd"));
    await runCritique(["run", "-r", socket], { cwd: join(folder.path, "cwd") });
    const { readdir } = await import("node:fs/promises");
    expect(await readdir(join(folder.path, "cwd"))).to.deep.equal([]);
  });
});
