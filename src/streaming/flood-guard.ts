import { PeerProtocolError } from "./errors.js";

/** No server sends more than a keep-alive every few seconds; a flood on loopback exceeds this within 10 ms. */
const MAX_IDLE_FRAMES = 10_000;
const WINDOW_MS = 10_000;

/** Bounds the frames of a peer that move no payload: pings, settings, empty frames, frames for streams that are gone. */
export class FloodGuard {
  #count = 0;
  #windowStartMs = performance.now();

  /**
   * @param weight how many plain frames this one is worth, by the work it makes.
   * @throws PeerProtocolError when the peer sends more than 10,000 such frames within 10 s.
   */
  count(what: string, weight = 1): void {
    this.#count += weight;
    if (this.#count <= MAX_IDLE_FRAMES) return;
    const nowMs = performance.now();
    if (nowMs - this.#windowStartMs < WINDOW_MS) {
      throw new PeerProtocolError(
        `the peer floods: over ${MAX_IDLE_FRAMES} frames without payload in ${WINDOW_MS / 1000} s (last a ${what})`,
      );
    }
    this.#count = weight;
    this.#windowStartMs = nowMs;
  }
}
