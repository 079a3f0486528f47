import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { PeerProtocolError } from "../errors.js";
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from "./dictionary.js";

/** Header names (lower case on the wire) and their values. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** Kubernetes replies carry no headers at all, and its stream headers are three short pairs. */
const MAX_BLOCK_BYTES = 64 * 1024;
const MAX_PAIRS = 256;
/** How far back deflate can refer. */
const WINDOW_BYTES = 32 * 1024;
/** zlib header with a preset dictionary (RFC 1950): deflate with a 32 KiB window, best compression, FDICT set. */
const ZLIB_HEADER = 0x78f9;

/**
 * One direction's compression context of a SPDY/3 connection. All header blocks of a direction form one zlib stream, each ending at
 * a sync flush. At such a point nothing but the window carries over, so each block is (de)compressed on its own, with
 * the last 32 KiB of what came before as its dictionary: this keeps the codec synchronous and its output bounded.
 */
class BlockContext {
  #window: Buffer = HEADER_DICTIONARY;
  isFirst = true;

  get window(): Buffer {
    return this.#window;
  }

  add(plain: Buffer): void {
    this.isFirst = false;
    const joined = Buffer.concat([this.#window, plain]);
    this.#window = joined.subarray(Math.max(0, joined.length - WINDOW_BYTES));
  }
}

/** Writes the header blocks of one direction. Every block must be sent, in order. */
export class HeaderCompressor {
  readonly #context = new BlockContext();

  compress(headers: SpdyHeaders): Buffer {
    const plain = encodePairs(headers);
    const body = deflateRawSync(plain, { dictionary: this.#context.window, finishFlush: constants.Z_SYNC_FLUSH });
    const block = this.#context.isFirst ? Buffer.concat([streamHeader(), body]) : body;
    this.#context.add(plain);
    return block;
  }
}

/** Reads the header blocks of one direction. Every block must be given, in order. */
export class HeaderDecompressor {
  readonly #context = new BlockContext();

  /** @throws PeerProtocolError when the block is damaged, unpacks to over 64 KiB, or holds no well-formed pairs. */
  decompress(block: Buffer): SpdyHeaders {
    const body = this.#context.isFirst ? skipStreamHeader(block) : block;
    const plain = inflate(body, this.#context.window);
    this.#context.add(plain);
    return decodePairs(plain);
  }
}

function streamHeader(): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt16BE(ZLIB_HEADER);
  header.writeUInt32BE(HEADER_DICTIONARY_ID, 2);
  return header;
}

function skipStreamHeader(block: Buffer): Buffer {
  if (block.length < 6) throw new PeerProtocolError(`a header block of ${block.length} bytes holds no zlib stream`);
  const header = block.readUInt16BE();
  const isDeflate = (header & 0x0f00) === 0x0800 && header % 31 === 0;
  const usesDictionary = (header & 0x20) !== 0 && block.readUInt32BE(2) === HEADER_DICTIONARY_ID;
  if (!isDeflate || !usesDictionary) {
    throw new PeerProtocolError(`a header block starts with ${block.toString("hex", 0, 6)}, no SPDY/3 zlib stream`);
  }
  return block.subarray(6);
}

function inflate(body: Buffer, dictionary: Buffer): Buffer {
  try {
    return inflateRawSync(body, {
      dictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_BLOCK_BYTES,
    });
  } catch (error) {
    const why = error instanceof RangeError ? `unpacks to over ${MAX_BLOCK_BYTES} bytes` : "is damaged";
    throw new PeerProtocolError(`a header block ${why}`, { cause: error });
  }
}

/** The count of pairs, then each name and value with its length in front. */
function encodePairs(headers: SpdyHeaders): Buffer {
  const pairs = Object.entries(headers);
  const texts = pairs.flatMap(([name, value]) => [Buffer.from(name.toLowerCase()), Buffer.from(value)]);
  return Buffer.concat([uint32(pairs.length), ...texts.flatMap((text) => [uint32(text.length), text])]);
}

function decodePairs(plain: Buffer): SpdyHeaders {
  const reader = new BlockReader(plain);
  const count = reader.uint32();
  if (count > MAX_PAIRS) throw new PeerProtocolError(`a header block announces ${count} pairs, over ${MAX_PAIRS}`);
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = reader.text();
    const value = reader.text();
    if (name === "" || name !== name.toLowerCase() || headers.has(name)) {
      throw new PeerProtocolError(
        `a header block holds the bad or repeated name ${JSON.stringify(name.slice(0, 100))}`,
      );
    }
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

class BlockReader {
  #offset = 0;

  constructor(private readonly block: Buffer) {}

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  text(): string {
    return this.#take(this.uint32()).toString("utf8");
  }

  #take(lengthBytes: number): Buffer {
    const end = this.#offset + lengthBytes;
    if (end > this.block.length) throw new PeerProtocolError("a header block ends in the middle of a pair");
    const bytes = this.block.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
