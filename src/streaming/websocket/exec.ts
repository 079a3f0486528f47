import { Deadline } from "../deadline.js";
import type { StreamSession, StreamSessionOptions } from "../session.js";
import { ChannelStreamSession } from "../stream-session.js";
import { dialChannelSocket } from "./dial.js";

/** The subprotocols of exec and attach over WebSocket, preferred first. Only v5 can end stdin alone. */
export const WEBSOCKET_STREAM_PROTOCOLS: readonly string[] = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

/** Channel numbers; the first three are the file descriptors. */
const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Opens an exec or attach session over WebSocket. */
export async function openWebSocketSession(url: string, options: StreamSessionOptions): Promise<StreamSession> {
  const { protocols = WEBSOCKET_STREAM_PROTOCOLS, signal } = options;
  using deadline = new Deadline(options, "the WebSocket session");
  const socket = await dialChannelSocket(url, { ...options, protocols }, deadline);
  const session = new ChannelStreamSession({
    link: socket,
    transport: "websocket",
    protocol: socket.protocol,
    canHalfClose: socket.canFinish,
    channels: {
      error: socket.channel(Channel.error),
      ...(options.stdin && { stdin: socket.channel(Channel.stdin) }),
      ...(options.stdout && { stdout: socket.channel(Channel.stdout) }),
      ...(options.stderr && { stderr: socket.channel(Channel.stderr) }),
      ...(options.tty && { resize: socket.channel(Channel.resize) }),
    },
    ...(signal && { signal }),
  });
  socket.start();
  return session;
}
