import { expect } from "chai";
import { describe, it } from "mocha";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { findListener } from "../../../../src/bench/cost/daemon.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";

describe("findListener", () => {
  it("finds the process behind a socket, also through a link, and none behind a path without one", async () => {
    await using folder = await createTempFolder("socket");
    const socketPath = join(folder.path, "c.sock");
    const server = createServer().listen(socketPath);
    await once(server, "listening");
    try {
      symlinkSync(socketPath, join(folder.path, "link.sock"));
      expect(await findListener(socketPath)).to.equal(process.pid);
      expect(await findListener(join(folder.path, "link.sock"))).to.equal(process.pid);
      expect(await findListener(join(folder.path, "absent.sock"))).to.equal(undefined);
    } finally {
      server.close();
    }
  });
});
