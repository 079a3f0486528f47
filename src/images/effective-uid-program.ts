import { ImageBuildError } from "./layer.js";

/**
 * An executable that prints its effective user id and a newline, for setuid checks. It is made here because busybox drops
 * the privileges of setuid applets that do not need them, `id` among them, which would hide what the runtime allowed.
 *
 * @throws ImageBuildError for a machine that no code was written for.
 */
export function effectiveUidProgram(architecture: string): Buffer {
  const program = programs.get(architecture);
  if (program === undefined) {
    throw new ImageBuildError(
      `There is no setuid test program for ${architecture}, only for ${[...programs.keys()].join(", ")}.`,
    );
  }
  const { machine, code } = program;
  const codeOffset = fileHeaderBytes + programHeaderBytes;
  const sizeBytes = codeOffset + code.length;
  const header = Buffer.alloc(codeOffset);
  // File header: 64-bit, little-endian, version 1, executable (System V ABI, chapter 4).
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadAddress + codeOffset), 24);
  header.writeBigUInt64LE(BigInt(fileHeaderBytes), 32);
  header.writeUInt16LE(fileHeaderBytes, 52);
  header.writeUInt16LE(programHeaderBytes, 54);
  header.writeUInt16LE(1, 56);
  // One program header: the whole file, readable and executable (chapter 5).
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(BigInt(loadAddress), 80);
  header.writeBigUInt64LE(BigInt(loadAddress), 88);
  header.writeBigUInt64LE(BigInt(sizeBytes), 96);
  header.writeBigUInt64LE(BigInt(sizeBytes), 104);
  header.writeBigUInt64LE(BigInt(pageBytes), 112);
  return Buffer.concat([header, code]);
}

const fileHeaderBytes = 64;
const programHeaderBytes = 56;
const loadAddress = 0x400000;
const pageBytes = 0x10000;

/** Both ask for the effective uid, write its digits and a newline downwards from the stack pointer, write them out, exit. */
const programs: ReadonlyMap<string, { readonly machine: number; readonly code: Buffer }> = new Map([
  [
    "amd64",
    {
      machine: 62,
      code: hex(
        "b86b000000 0f05", // eax = geteuid()
        "4889e6 48ffce c6060a b90a000000", // rsi = rsp - 1; *rsi = '\n'; ecx = 10
        "31d2 f7f1 80c230 48ffce 8816 85c0 75f0", // do { *--rsi = '0' + eax % ecx; eax /= ecx } while (eax)
        "4889e2 4829f2 bf01000000 b801000000 0f05", // write(1, rsi, rsp - rsi)
        "31ff b83c000000 0f05", // exit(0)
      ),
    },
  ],
  [
    "arm64",
    {
      machine: 183,
      code: hex(
        "e8158052 010000d4", // w0 = geteuid()
        "42018052 e1030091 22fc1f38", // w2 = 10; x1 = sp; *--x1 = w2
        "0308c21a 6480021b 84c00011 24fc1f38 e003032a 60ffff35", // do { *--x1 = '0' + w0 % w2; w0 /= w2 } while (w0)
        "e3030091 620001cb 20008052 08088052 010000d4", // write(1, x1, sp - x1)
        "00008052 a80b8052 010000d4", // exit(0)
      ),
    },
  ],
]);

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join("").replaceAll(" ", ""), "hex");
}
