import { expect } from "chai";
import { describe, it } from "mocha";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BusyboxNotFoundError, findBusybox, hostArchitecture } from "../../../src/images/busybox.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

/** The smallest ELF header with one program header of the given type. */
function elf(machine: number, programHeaderType: number): Buffer {
  const file = Buffer.alloc(64 + 56);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(programHeaderType, 64);
  return file;
}

const hostMachine = hostArchitecture === "arm64" ? 183 : 62;

describe("the search for a static busybox", () => {
  const unusable = [
    { what: "a dynamically linked one", content: elf(hostMachine, 3), reason: "is dynamically linked" },
    { what: "one for another machine", content: elf(243, 1), reason: "is for machine 243" },
    { what: "a script", content: Buffer.from("#!/bin/sh\n"), reason: "is no 64-bit ELF executable" },
  ];
  for (const { what, content, reason } of unusable) {
    it(`refuses ${what} and says what to do`, async () => {
      await using folder = await createTempFolder("busybox-test");
      const path = join(folder.path, "busybox");
      await writeFile(path, content, { mode: 0o755 });

      const failure = await findBusybox([path, "/no/such/busybox"]).then(String, (error: unknown) => error);

      expect(failure).to.be.instanceOf(BusyboxNotFoundError);
      expect((failure as Error).message)
        .to.contain(`(${path} ${reason})`)
        .and.contain("install busybox-static");
    });
  }
});
