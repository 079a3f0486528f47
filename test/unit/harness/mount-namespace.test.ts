import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { sharesMounts } from "../../../src/harness/mount-namespace.js";

describe("the mount namespace of a socket's owner", () => {
  let root: string;
  let server: Server;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "critique-mounts-"));
    server = createServer().listen(`${root}/socket`);
    await once(server, "listening");
  });

  afterEach(async () => {
    server.close();
    await rm(root, { recursive: true });
  });

  it("is the suite's own where a process in it listens", async () => {
    await symlink("socket", `${root}/link`);

    expect(await sharesMounts(`${root}/socket`)).to.equal(true);
    expect(await sharesMounts(`${root}/link`)).to.equal(true);
  });

  it("is not taken for the suite's own where nobody is seen to listen", async () => {
    expect(await sharesMounts(`${root}/none`)).to.equal(false);
  });
});
