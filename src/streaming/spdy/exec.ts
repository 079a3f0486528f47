import { Deadline } from "../deadline.js";
import { HandshakeError } from "../errors.js";
import type { StreamSession, StreamSessionOptions } from "../session.js";
import { ChannelStreamSession } from "../stream-session.js";
import { dialSpdy } from "./dial.js";

/** The subprotocols of exec and attach over SPDY, preferred first. v1 has no number. */
export const SPDY_STREAM_PROTOCOLS: readonly string[] = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
];

/** Opens an exec or attach session over SPDY: one stream per flag, and always an error stream. */
export async function openSpdySession(url: string, options: StreamSessionOptions): Promise<StreamSession> {
  const { protocols = SPDY_STREAM_PROTOCOLS, signal } = options;
  using deadline = new Deadline(options, "the SPDY session");
  const { connection, protocol } = await dialSpdy(url, { ...options, protocols }, deadline);
  return await deadline.openOn(connection, async () => {
    if (protocol === "")
      throw new HandshakeError("the server named no stream protocol in its reply: it must choose one");
    const hasResize = options.tty === true && /^v[3-9]/.test(protocol);
    const open = (streamtype: string) => connection.openStream({ streamtype });
    // The server waits for exactly these streams; the order is that of the Kubernetes clients.
    const channels = {
      error: open("error"),
      ...(options.stdin && { stdin: open("stdin") }),
      ...(options.stdout && { stdout: open("stdout") }),
      ...(options.stderr && { stderr: open("stderr") }),
      ...(hasResize && { resize: open("resize") }),
    };
    const session = new ChannelStreamSession({
      link: connection,
      transport: "spdy",
      protocol,
      canHalfClose: true,
      channels,
      ...(signal && { signal }),
    });
    await Promise.all(Object.values(channels).map((stream) => stream.opened));
    return session;
  });
}
