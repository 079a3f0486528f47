import { Transform } from "node:stream";
import type { RelayFault } from "./stream-relay.js";

/** What is behind the header of an HTTP message that ended with an upgrade. */
const HEADER_END = Buffer.from("\r\n\r\n");

/** The header that tells the protocol after the upgrade, in request and response alike (RFC 9110, section 7.8). */
const TO_SPDY = /^upgrade:\s*SPDY\//im;
const TO_WEB_SOCKET = /^upgrade:\s*websocket\s*$/im;

/** Length of the header of a SPDY frame; the length of the rest is in its last three bytes. */
const SPDY_HEADER_BYTES = 8;
const SPDY_CONTROL_BIT = 0x80;
const SPDY_FLAG_FIN = 0x01;

/**
 * Takes the FIN flag from every SPDY data frame of the client, so that the server never learns that a stream has ended.
 * Connections that do not speak SPDY on the wire are passed on, here and below.
 */
export function dropSpdyFin(hit: () => void): RelayFault {
  return onClientSpdyData(() => (frame) => {
    if ((frame[4]! & SPDY_FLAG_FIN) === 0) return frame;
    hit();
    frame[4]! &= ~SPDY_FLAG_FIN;
    return frame;
  });
}

/** Drops the first SPDY data frame of the client on each connection. */
export function dropFirstSpdyData(hit: () => void): RelayFault {
  return onClientSpdyData(() => {
    let isFirst = true;
    return (frame) => {
      if (!isFirst) return frame;
      isFirst = false;
      hit();
      return Buffer.alloc(0);
    };
  });
}

/** @param editor makes the edit for the data frames of one connection */
function onClientSpdyData(editor: () => (frame: Buffer) => Buffer): RelayFault {
  return ({ client, server }) => {
    const edit = editor();
    const isData = (frame: Buffer): boolean => (frame[0]! & SPDY_CONTROL_BIT) === 0;
    const edited = editFrames(TO_SPDY, spdyFrameLength, (frame) => (isData(frame) ? edit(frame) : frame));
    client.pipe(edited).pipe(server);
    server.pipe(client);
  };
}

/** Changes or drops (undefined) the payloads of the WebSocket data frames that the server sends; SPDY is passed on. */
export function onWebSocketFrames(edit: (payload: Buffer) => Buffer | undefined): RelayFault {
  return ({ client, server }) => {
    const edited = editFrames(TO_WEB_SOCKET, webSocketFrameLength, (frame) => {
      const opcode = frame[0]! & 0x0f;
      const headerBytes = webSocketHeaderBytes(frame);
      if (opcode > 2 || headerBytes === undefined) return frame;
      return edit(frame.subarray(headerBytes)) === undefined ? Buffer.alloc(0) : frame;
    });
    client.pipe(server);
    server.pipe(edited).pipe(client);
  };
}

/**
 * Passes bytes on up to the end of the HTTP header, and then frame by frame, each as the edit leaves it.
 * @param upgrade matches the header of connections that speak the frames' protocol; others are passed on as they are
 * @param lengthOf the length of the frame that a buffer begins with, or undefined while that cannot be told
 */
function editFrames(
  upgrade: RegExp,
  lengthOf: (bytes: Buffer) => number | undefined,
  edit: (frame: Buffer) => Buffer,
): Transform {
  let pending = Buffer.alloc(0);
  let isEdited: boolean | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (isEdited === false) return done(null, chunk);
      pending = Buffer.concat([pending, chunk]);
      if (isEdited === undefined) {
        const end = pending.indexOf(HEADER_END);
        if (end < 0) return done();
        const header = pending.subarray(0, end + HEADER_END.length);
        isEdited = upgrade.test(header.toString("latin1"));
        this.push(header);
        pending = pending.subarray(header.length);
      }
      if (!isEdited) {
        this.push(pending);
        pending = Buffer.alloc(0);
        return done();
      }
      for (
        let length = lengthOf(pending);
        length !== undefined && pending.length >= length;
        length = lengthOf(pending)
      ) {
        this.push(edit(Buffer.from(pending.subarray(0, length))));
        pending = pending.subarray(length);
      }
      done();
    },
    flush(done) {
      this.push(pending);
      done();
    },
  });
}

function spdyFrameLength(bytes: Buffer): number | undefined {
  return bytes.length < SPDY_HEADER_BYTES ? undefined : SPDY_HEADER_BYTES + bytes.readUIntBE(5, 3);
}

/** RFC 6455, section 5.2; a server does not mask. */
function webSocketHeaderBytes(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const headerBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
  return bytes.length < headerBytes ? undefined : headerBytes;
}

function webSocketFrameLength(bytes: Buffer): number | undefined {
  const headerBytes = webSocketHeaderBytes(bytes);
  if (headerBytes === undefined) return undefined;
  const short = bytes[1]! & 0x7f;
  if (short === 127) return headerBytes + Number(bytes.readBigUInt64BE(2));
  return headerBytes + (short === 126 ? bytes.readUInt16BE(2) : short);
}
