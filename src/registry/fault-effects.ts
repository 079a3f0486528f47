import { setTimeout as delay } from "node:timers/promises";
import type { Fault } from "./fault.js";
import { bufferBody, errorReply, transformBody, type Reply, type ReplyBody, type Target } from "./reply.js";
import { holdAfter, resetAfter, throttle } from "./pacing.js";
import { Readable } from "node:stream";

/** What a fault makes of a reply. */
export type Effect = (target: Target, reply: Reply) => Reply;

/** What an effect may need to know about its registry. */
export interface EffectContext {
  readonly repository: string;
  /** The registry's own URL. */
  readonly url: string;
  /** Aborted when the fault is undone or the registry closes. */
  readonly ended: AbortSignal;
}

/** The effect of a fault. */
export function effectOf(fault: Fault, context: EffectContext): Effect {
  switch (fault.kind) {
    case "manifestMismatch":
      return onManifests((reply, bytes) => ({ ...reply, body: bufferBody(reorderedJson(bytes)) }));
    case "wrongContentType":
      return onManifests((reply) => ({ ...reply, headers: { ...reply.headers, "Content-Type": fault.contentType } }));
    case "hugeManifest":
      return onManifests((reply, bytes) => ({ ...reply, body: padded(bytes, fault.sizeBytes) }));
    case "missingManifest":
      return (target, reply) =>
        target.kind === "manifest" && (fault.digest ?? target.document.digest) === target.document.digest
          ? errorReply(404, "MANIFEST_UNKNOWN", "The manifest is not there.")
          : reply;
    case "missingBlob":
      return (target, reply) =>
        isBlob(target) && (fault.digest === undefined ? target.kind === "layer" : target.digest === fault.digest)
          ? errorReply(404, "BLOB_UNKNOWN", "The blob is not there.")
          : reply;
    case "corruptLayer":
      return onLayers((reply) => ({ ...reply, body: transformBody(reply.body, flipByteAt(reply.body.sizeBytes - 1)) }));
    case "truncatedLayer":
      return onLayers((reply) => {
        const end = Math.floor(reply.body.sizeBytes / 2);
        const open = (range = { start: 0, end }) =>
          reply.body.open({ start: range.start, end: Math.min(range.end, end) });
        return { ...reply, body: { sizeBytes: end, open } };
      });
    case "slow":
      return slow(fault.firstByteDelayMs ?? 0, fault.bytesPerSecond, context.ended);
    case "stall":
      return stall(fault.afterBytes, context.ended);
    case "reset":
      return onLayers((reply) => ({
        ...reply,
        body: transformBody(reply.body, (chunks) => resetAfter(chunks, fault.afterBytes)),
      }));
    case "status":
      return failFirst(fault.status, fault.times);
    case "redirectBlobs":
      return (target, reply) =>
        isBlob(target) && reply.status === 200
          ? {
              status: 307,
              headers: { Location: `${fault.to ?? context.url}/storage/${context.repository}/${target.digest}` },
              body: bufferBody(Buffer.alloc(0)),
            }
          : reply;
  }
}

function isBlob(target: Target): target is Extract<Target, { kind: "config" | "layer" }> {
  return target.kind === "config" || target.kind === "layer";
}

function onManifests(change: (reply: Reply, bytes: Buffer) => Reply): Effect {
  return (target, reply) =>
    target.kind === "manifest" && reply.status === 200 ? change(reply, target.document.bytes) : reply;
}

function onLayers(change: (reply: Reply) => Reply): Effect {
  return (target, reply) => (target.kind === "layer" && reply.status === 200 ? change(reply) : reply);
}

function held(reply: Reply, hold: () => Promise<void>): Reply {
  return {
    ...reply,
    hold: async () => {
      await reply.hold?.();
      await hold();
    },
  };
}

function slow(firstByteDelayMs: number, bytesPerSecond: number | undefined, ended: AbortSignal): Effect {
  const late: Effect = (target, reply) =>
    target.kind === "other" ? reply : held(reply, () => wait(firstByteDelayMs, ended));
  if (bytesPerSecond === undefined) return late;
  const throttled = onLayers((reply) => ({
    ...reply,
    body: transformBody(reply.body, (chunks) => throttle(chunks, bytesPerSecond, (ms) => wait(ms, ended))),
  }));
  return (target, reply) => late(target, throttled(target, reply));
}

function stall(afterBytes: number | undefined, ended: AbortSignal): Effect {
  const untilEnded = () =>
    new Promise<void>((resolve) => {
      if (ended.aborted) resolve();
      else ended.addEventListener("abort", () => resolve(), { once: true });
    });
  return onLayers((reply) =>
    afterBytes === undefined
      ? held(reply, untilEnded)
      : { ...reply, body: transformBody(reply.body, (chunks) => holdAfter(chunks, afterBytes, untilEnded)) },
  );
}

function failFirst(status: number, times: number): Effect {
  let left = times;
  return (target, reply) => {
    if (target.kind === "other" || left === 0) return reply;
    left -= 1;
    return errorReply(status, status === 429 ? "TOOMANYREQUESTS" : "UNKNOWN", "Failing on purpose.", {
      "Retry-After": "1",
    });
  };
}

/** A document of equal meaning and length: its first member moved to the end. */
function reorderedJson(bytes: Buffer): Buffer {
  const [first, ...others] = Object.entries(JSON.parse(bytes.toString()) as object);
  return Buffer.from(JSON.stringify(Object.fromEntries(first === undefined ? others : [...others, first])));
}

const paddingChunk = Buffer.alloc(64 * 1024, " ");

function padded(bytes: Buffer, sizeBytes: number): ReplyBody {
  function* chunks(): Generator<Buffer> {
    yield bytes;
    for (let left = sizeBytes - bytes.length; left > 0; left -= paddingChunk.length)
      yield paddingChunk.subarray(0, left);
  }
  return { sizeBytes: Math.max(sizeBytes, bytes.length), open: () => Readable.from(chunks()) };
}

function flipByteAt(position: number) {
  return async function* (chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Buffer> {
    let offset = start;
    for await (const chunk of chunks) {
      const at = position - offset;
      offset += chunk.length;
      if (at < 0 || at >= chunk.length) {
        yield chunk;
        continue;
      }
      const changed = Buffer.from(chunk);
      changed.writeUInt8(chunk.readUInt8(at) ^ 0xff, at);
      yield changed;
    }
  };
}

/** Waits; ends early, without an error, when there is nothing to wait for any more. */
async function wait(ms: number, ended: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: ended }).catch(() => undefined);
}
