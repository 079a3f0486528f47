import type { ExecResponse } from "../../../cri/gen/runtime/v1/api_pb.js";
import { dropFirstSpdyData, dropSpdyFin, onWebSocketFrames } from "../../proxy/stream-frames.js";
import { joinSides, type RelayFault } from "../../proxy/stream-relay.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic } from "./semantic.js";

/** Channels of the WebSocket protocols for exec and attach. */
const CHANNEL = { stdout: 1, stderr: 2, error: 3 } as const;

/** What runtimes do wrong with Exec, Attach and PortForward. */
export const STREAMING_FAULTS: readonly Fault[] = [
  semantic("streaming-url-relative", {
    title: "Exec gives a path instead of a URL",
    does: () => onReply("exec", (reply) => void (reply.url = reply.url.replace(/^https?:\/\/[^/]+/, ""))),
  }),
  semantic("streaming-url-reused", {
    title: "Exec gives the same URL again for the same container",
    does: () => {
      const urls = new Map<string, ExecResponse>();
      return instead("exec", async (call, hit) => {
        const known = urls.get(call.request.containerId);
        if (known) hit();
        const reply = known ?? ((await call.forward()) as ExecResponse);
        urls.set(call.request.containerId, reply);
        return reply;
      });
    },
  }),
  semantic("exec-stream-always-tty", {
    title: "Exec gives every command a terminal",
    does: () =>
      onRequest("exec", (request) => {
        request.tty = true;
        request.stderr = false;
      }),
  }),
  semantic("exec-stream-never-tty", {
    title: "Exec gives no command a terminal",
    does: () => onRequest("exec", (request) => void (request.tty = false)),
  }),
  semantic("exec-stream-first-argument-only", {
    title: "Exec drops all arguments but the first",
    does: () => onRequest("exec", (request) => void (request.cmd = request.cmd.slice(0, 2))),
  }),
  semantic("attach-starts-a-shell", {
    title: "Attach starts a shell instead of joining the container's process",
    does: () =>
      instead("attach", (call, hit) => {
        hit();
        const { containerId, stdin, stdout, stderr, tty } = call.request;
        return call.rpc.exec({ containerId, cmd: ["/bin/sh"], stdin, stdout, stderr, tty });
      }),
  }),
  semantic("port-forward-swallows-half-close", {
    title: "PortForward over SPDY swallows the end of the client's half",
    rpcs: ["PortForward"],
    relay: dropSpdyFin,
  }),
  semantic("stdin-end-swallowed", {
    title: "Exec over SPDY swallows the end of stdin",
    rpcs: ["Exec"],
    relay: dropSpdyFin,
  }),
  semantic("attach-first-input-lost", {
    title: "Attach over SPDY loses what the client sends first",
    rpcs: ["Attach"],
    relay: dropFirstSpdyData,
  }),
  semantic("websocket-output-merged", {
    title: "Over WebSocket stderr arrives as stdout",
    rpcs: ["Exec", "Attach"],
    relay: (hit) =>
      onWebSocketFrames((payload) => {
        if (payload[0] !== CHANNEL.stderr) return payload;
        hit();
        payload[0] = CHANNEL.stdout;
        return payload;
      }),
  }),
  semantic("websocket-status-lost", {
    title: "Over WebSocket the exit status of a command does not arrive",
    rpcs: ["Exec"],
    relay: (hit) =>
      onWebSocketFrames((payload) => {
        if (payload[0] !== CHANNEL.error || payload.length < 2) return payload;
        hit();
        return undefined;
      }),
  }),
  semantic("websocket-stdout-corrupted", {
    title: "Over WebSocket the bytes of stdout are changed",
    rpcs: ["Exec", "Attach"],
    relay: (hit) =>
      onWebSocketFrames((payload) => {
        if (payload[0] !== CHANNEL.stdout || payload.length < 2) return payload;
        hit();
        payload[payload.length - 1]! ^= 1;
        return payload;
      }),
  }),
  semantic("port-forward-refused", {
    title: "The streaming server of PortForward is not there",
    rpcs: ["PortForward"],
    relay: (hit) => refuse(hit),
  }),
  semantic("port-forward-one-way", {
    title: "PortForward passes nothing from the pod to the client",
    rpcs: ["PortForward"],
    relay: (hit) => (connection) => {
      joinSides(connection);
      hit();
      // The answer to the upgrade is passed on, what follows is not.
      connection.server.once("data", () => connection.server.unpipe(connection.client).resume());
    },
  }),
];

const refuse =
  (hit: () => void): RelayFault =>
  ({ client, server }) => {
    hit();
    server.destroy();
    client.resetAndDestroy();
  };
