import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { tolerateErrors } from "./channel-streams.js";
import type { Deadline } from "./deadline.js";
import {
  ConnectError,
  HandshakeError,
  UpgradeRefusedError,
  type StreamingError,
  type UpgradeRefusal,
} from "./errors.js";

/** Whom to trust behind an https streaming URL. */
export interface TlsTrust {
  /** Certificate authorities in PEM, instead of the system's. */
  ca?: string | Buffer;
  /** False accepts any certificate. Runtimes often make a self-signed one; say so explicitly. Default true. */
  rejectUnauthorized?: boolean;
}

/** A request to change the protocol of a connection (RFC 9110, section 7.8). */
export interface UpgradeRequest {
  url: URL;
  method: "GET" | "POST";
  /** The value of `Upgrade`. */
  upgrade: string;
  headers: Record<string, string | string[]>;
  tls?: TlsTrust;
  /** What is asked for, as it reads in the error of a refusal. */
  offered: string;
}

/** A connection that speaks the new protocol. */
export interface Upgraded {
  readonly socket: Socket;
  /** Bytes of the new protocol that came with the reply. */
  readonly head: Buffer;
  readonly headers: IncomingHttpHeaders;
}

/** Enough for a message; a refusal is a sentence. */
const MAX_BODY_BYTES = 4096;
/** How long to wait for the body of a refusal whose status is known already. */
const BODY_PATIENCE_MS = 1000;

/**
 * Sends one upgrade request on a connection of its own. Never retries and never follows a redirect: streaming URLs are single use.
 *
 * @throws UpgradeRefusedError for any final status but 101; HandshakeError for a reply that is no HTTP, has over 16 KiB of headers
 * or switches to something else; ConnectError when there is no connection; the deadline's reason.
 */
export function requestUpgrade(request: UpgradeRequest, deadline: Deadline): Promise<Upgraded> {
  deadline.throwIfOver();
  return new Promise((resolve, reject) => {
    const { url, method, tls } = request;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { ...request.headers, connection: "Upgrade", upgrade: request.upgrade };
    const outgoing = send(url, { method, headers, agent: false, ...(url.protocol === "https:" && tls) });
    const settle = () => {
      forget();
      // What goes wrong on a request that is settled concerns nobody.
      outgoing.on("error", () => undefined);
    };
    const fail = (error: StreamingError) => {
      settle();
      reject(error);
      outgoing.destroy();
    };
    const forget = deadline.onOver(fail);

    outgoing.on("error", (error) => fail(dialError(error, url)));
    outgoing.on("response", (response) => void refusalError(response, request.offered).then(fail));
    outgoing.on("upgrade", (response, socket, head) => {
      settle();
      tolerateErrors(socket);
      if (response.headers.upgrade?.toLowerCase() !== request.upgrade.toLowerCase()) {
        socket.destroy();
        reject(new HandshakeError(`the server switched to ${shown(response.headers.upgrade)}, not ${request.upgrade}`));
        return;
      }
      resolve({ socket: socket, head, headers: response.headers });
    });
    outgoing.end();
  });
}

/** The error for a reply that is no upgrade. Reads what a caller may want to know; bounded in bytes and in time. */
export async function refusalError(response: IncomingMessage, offered: string): Promise<StreamingError> {
  if (response.statusCode === 101) {
    response.destroy();
    return new HandshakeError("the server switches protocols without saying to which");
  }
  return new UpgradeRefusedError(await readRefusal(response), offered);
}

async function readRefusal(response: IncomingMessage): Promise<UpgradeRefusal> {
  const { statusCode = 0, statusMessage = "", headers } = response;
  const accepted = headers["x-accepted-stream-protocol-versions"];
  const body = await readBody(response);
  return {
    statusCode,
    statusMessage,
    acceptedProtocols: [accepted ?? []].flat().flatMap((versions) => versions.split(/\s*,\s*/).filter(Boolean)),
    ...(headers["content-type"] !== undefined && { contentType: headers["content-type"] }),
    ...(headers.location !== undefined && { location: headers.location }),
    body,
  };
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const finish = () => {
      clearTimeout(timer);
      response.destroy();
      resolve(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8"));
    };
    const timer = setTimeout(finish, BODY_PATIENCE_MS);
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes >= MAX_BODY_BYTES) finish();
    });
    response.on("end", finish);
    response.on("error", finish);
    response.on("close", finish);
  });
}

/** Names what went wrong before a connection could be used: the server's fault in HTTP, or no connection. */
export function dialError(error: Error, url: URL): StreamingError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("HPE_")) {
    return new HandshakeError(`the server at ${url.host} answered with something that is not HTTP: ${error.message}`, {
      cause: error,
    });
  }
  if (error.message === "socket hang up") {
    return new HandshakeError(`the server at ${url.host} ended the connection without an answer`, { cause: error });
  }
  return new ConnectError(`no connection to the streaming server at ${url.host}: ${error.message}`, { cause: error });
}

function shown(value: string | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value.slice(0, 100));
}
