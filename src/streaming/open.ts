import type { PortForwardOptions, PortForwardSession, StreamSession, StreamSessionOptions } from "./session.js";
import { openSpdySession } from "./spdy/exec.js";
import { openSpdyPortForward } from "./spdy/port-forward.js";
import { openWebSocketSession } from "./websocket/exec.js";
import { openWebSocketPortForward } from "./websocket/port-forward.js";
import { openTunnelPortForward } from "./websocket/tunnel-port-forward.js";

/**
 * Opens a session on the URL of an ExecResponse or AttachResponse. The flags must be those of the request. URLs are single use: one
 * request is sent and nothing is retried, so another transport or version needs a new URL.
 *
 * @throws UpgradeRefusedError when the runtime does not offer the transport or any of the protocols; StreamingUrlError before
 * anything is dialled; any other StreamingError when opening fails or takes longer than `connectTimeoutMs`.
 */
export function openStreamSession(url: string, options: StreamSessionOptions): Promise<StreamSession> {
  switch (options.transport) {
    case "spdy":
      return openSpdySession(url, options);
    case "websocket":
      return openWebSocketSession(url, options);
  }
}

/**
 * Opens a session on the URL of a PortForwardResponse; see {@link openStreamSession} for how it fails.
 */
export function openPortForwardSession(url: string, options: PortForwardOptions): Promise<PortForwardSession> {
  switch (options.transport) {
    case "spdy":
      return openSpdyPortForward(url, options);
    case "websocket":
      return openWebSocketPortForward(url, options);
    case "spdy-over-websocket":
      return openTunnelPortForward(url, options);
  }
}
