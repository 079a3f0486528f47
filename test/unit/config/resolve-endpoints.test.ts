import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { resolveEndpoints, type NamedEndpoint, type ResolveOptions } from "../../../src/config/resolve-endpoints.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

const named = (path: string, source: string): NamedEndpoint => ({ endpoint: parseEndpoint(path), source });

describe("endpoint resolution", () => {
  let folder: TempFolder;
  let server: Server;
  let crictlConfigPath: string;
  let wellKnownSockets: string[];

  beforeEach(async () => {
    folder = await createTempFolder("endpoints");
    crictlConfigPath = join(folder.path, "crictl.yaml");
    wellKnownSockets = [join(folder.path, "none.sock"), join(folder.path, "file"), join(folder.path, "here.sock")];
    await writeFile(join(folder.path, "file"), "");
    server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder.path, "here.sock"), resolve));
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    await folder.remove();
  });

  const resolve = (options: ResolveOptions = {}) =>
    resolveEndpoints({ crictlConfigPath, wellKnownSockets, ...options });
  const crictl = (...lines: string[]) => writeFile(crictlConfigPath, lines.join("\n"));

  it("prefers what the user named", async () => {
    await crictl("runtime-endpoint: unix:///crictl.sock", "image-endpoint: unix:///images.sock", "timeout: 5");
    const found = await resolve({ runtime: named("/mine.sock", "--runtime-endpoint") });
    expect(found.runtime.uri).to.equal("unix:///mine.sock");
    expect(found.endpointSource).to.equal("--runtime-endpoint");
    expect(found.image.uri).to.equal("unix:///mine.sock");
    expect(found.imageEndpointSource).to.equal("the runtime's");
    expect(found).not.to.have.property("connectTimeoutMs");
  });

  it("takes a named image endpoint whoever named the runtime's", async () => {
    await crictl("runtime-endpoint: unix:///crictl.sock", "image-endpoint: unix:///images.sock");
    const found = await resolve({ image: named("/other.sock", "IMAGE_SERVICE_ENDPOINT") });
    expect(found.runtime.uri).to.equal("unix:///crictl.sock");
    expect(found.image.uri).to.equal("unix:///other.sock");
    expect(found.imageEndpointSource).to.equal("IMAGE_SERVICE_ENDPOINT");
  });

  it("then reads crictl's file", async () => {
    await crictl(
      "runtime-endpoint: unix:///crictl.sock",
      "image-endpoint: unix:///images.sock",
      "timeout: 5",
      "debug: 1",
    );
    const found = await resolve();
    expect([found.runtime.uri, found.image.uri]).to.deep.equal(["unix:///crictl.sock", "unix:///images.sock"]);
    expect(found.endpointSource).to.equal(crictlConfigPath);
    expect(found.connectTimeoutMs).to.equal(5000);
  });

  it("goes past a crictl file that names nothing", async () => {
    await crictl('runtime-endpoint: ""', 'image-endpoint: ""', "timeout: 0");
    expect((await resolve()).endpointSource).to.equal("a well-known socket");
    await crictl("");
    expect((await resolve()).endpointSource).to.equal("a well-known socket");
  });

  it("then looks for a well-known socket, and no other kind of file", async () => {
    expect((await resolve()).runtime.socketPath).to.equal(join(folder.path, "here.sock"));
  });

  it("names the places and the remedies when there is nothing", async () => {
    const error = await failure(resolve({ wellKnownSockets: ["/none/a.sock"] }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include("/none/a.sock").and.include("--runtime-endpoint").and.include("--lab");
  });

  for (const [what, lines, message] of [
    ["broken YAML", ["a: [b"], "repair it"],
    ["a list", ["- a"], "repair it"],
    ["a wrong endpoint", ["runtime-endpoint: run/x.sock"], 'runtime-endpoint: Endpoint "run/x.sock" is not understood'],
    ["an endpoint that is no text", ["runtime-endpoint: [1]"], "runtime-endpoint must be a text"],
    ["a wrong timeout", ["runtime-endpoint: /x", "timeout: soon"], "timeout must be a number of seconds"],
  ] as const) {
    it(`refuses a crictl file with ${what}, and names the file`, async () => {
      await crictl(...lines);
      const error = await failure(resolve());
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include(crictlConfigPath).and.include(message);
    });
  }

  it("does not pass over a crictl file that it cannot read", async () => {
    await mkdir(crictlConfigPath);
    expect((await failure(resolve())).message).to.include(`"${crictlConfigPath}" cannot be read`);
  });
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
