import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { assertLocalUrl, type StreamingClient } from "../../src/harness/index.js";

/** The answer to one request, its connection dropped. */
export interface Answer {
  statusCode: number;
  headers: IncomingMessage["headers"];
}

/** Sends one request to a streaming URL, for what no proper client would send, and drops the connection. */
export function requestOnce(
  streaming: StreamingClient,
  url: string,
  { method = "POST", headers = {} }: { method?: string; headers?: OutgoingHttpHeaders } = {},
): Promise<Answer> {
  const { tls, signal } = streaming.dialOptions;
  const target = assertLocalUrl(url, streaming.dialOptions);
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(target, { method, headers, agent: false, signal, ...tls });
    const answer = (response: IncomingMessage): void => {
      resolve({ statusCode: response.statusCode ?? 0, headers: response.headers });
      response.destroy();
      outgoing.destroy();
    };
    outgoing.once("response", answer);
    outgoing.once("upgrade", answer);
    outgoing.on("error", reject);
    outgoing.end();
  });
}

export const SPDY_UPGRADE = { connection: "Upgrade", upgrade: "SPDY/3.1" };
