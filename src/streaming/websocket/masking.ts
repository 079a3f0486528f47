import { randomFillSync } from "node:crypto";

/**
 * From this size on, masking costs more than sending: `ws` masks byte by byte, some 110 ms for 50 MB, which made an upload
 * take 2.1 times as long as through a plain relay.
 */
const BULK_BYTES = 32 * 1024;

/**
 * Masking keys of a client's frames (RFC 6455, section 5.3). Small frames have random ones, so a server that does not
 * unmask is noticed; those of bulk data have the key 0, with which masked and plain bytes are the same. What keys must
 * be unpredictable for (section 10.3) is web pages that choose the bytes, and there is none here.
 */
export class Masking {
  #isBulk = false;

  /** Tells the size of the message that is sent next. */
  next(sizeBytes: number): void {
    this.#isBulk = sizeBytes >= BULK_BYTES;
  }

  /** Fills in a key; `ws` calls it while it makes a frame. */
  readonly generate = (key: Buffer): void => {
    if (this.#isBulk) key.fill(0);
    else randomFillSync(key);
  };
}
