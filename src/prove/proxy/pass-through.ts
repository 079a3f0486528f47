import { constants, type ClientHttp2Stream, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { CallStatus, withoutPseudo } from "./call-status.js";

/**
 * Passes a call on as bytes, both ways and at once: headers, messages, trailers, cancellation and resets. Nothing is
 * decoded; deadlines travel in the headers and are kept by both ends.
 */
export function passThrough(client: ServerHttp2Stream, runtime: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders | undefined;
  runtime.on("response", (headers, flags) => {
    if (client.headersSent || client.destroyed) return;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      client.respond(headers, { endStream: true });
      return;
    }
    client.respond(headers, { waitForTrailers: true });
    client.on("wantTrailers", () => client.sendTrailers(withoutPseudo(trailers ?? {})));
    runtime.pipe(client);
  });
  runtime.on("trailers", (received: IncomingHttpHeaders) => (trailers = received));
  client.pipe(runtime);
  tieEnds(client, runtime);
}

/** Whatever ends one side early ends the other one the same way. */
export function tieEnds(client: ServerHttp2Stream, runtime: ClientHttp2Stream): void {
  client.on("error", () => undefined);
  client.on("aborted", () => runtime.close(client.rstCode || constants.NGHTTP2_CANCEL));
  runtime.on("aborted", () => client.close(runtime.rstCode || constants.NGHTTP2_CANCEL));
  runtime.on("error", (error: Error) => {
    if (client.destroyed) return;
    if (client.headersSent) client.close(runtime.rstCode || constants.NGHTTP2_INTERNAL_ERROR);
    else refuse(client, CallStatus.of("Unavailable", `the runtime cannot be reached: ${error.message}`));
  });
}

/** Answers a call with a status and no message. */
export function refuse(client: ServerHttp2Stream, { trailers }: CallStatus): void {
  client.respond({ ":status": 200, "content-type": "application/grpc", ...trailers }, { endStream: true });
}
