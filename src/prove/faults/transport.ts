import type { Message } from "@bufbuild/protobuf";
import { setTimeout as sleep } from "node:timers/promises";
import { METHODS, type MethodKey, type RpcName } from "../../cri/methods.js";
import type { Disturbance } from "../proxy/cri-proxy.js";
import { CallStatus } from "../proxy/call-status.js";
import type { InterceptedCall } from "../proxy/intercepted-call.js";
import type { RelayFault } from "../proxy/stream-relay.js";
import { areaOf } from "./area.js";
import type { Fault } from "./fault.js";

/** Between two pieces of a slow connection: so many of them that every second of it shows. */
const SLOW_PAUSE_MS = 200;
const SLOW_PIECE_BYTES = 512;

/** RPCs on whose connections faults are tried: the ones that every pod's life needs, and one of each other kind. */
const CALLS: readonly MethodKey[] = [
  "version",
  "runPodSandbox",
  "stopPodSandbox",
  "createContainer",
  "startContainer",
  "stopContainer",
  "removeContainer",
  "containerStatus",
  "listContainers",
  "execSync",
  "imageStatus",
  "pullImage",
];
const STREAMS: readonly MethodKey[] = ["getContainerEvents", "streamContainers", "streamPodSandboxes", "streamImages"];
const SESSIONS: readonly MethodKey[] = ["exec", "attach", "portForward"];

/** What goes wrong on the way: connections that break, answers that stop in the middle, streams out of order. */
export function transportFaults(): Fault[] {
  return [...CALLS.flatMap(ofCall), ...STREAMS.flatMap(ofStream), ...SESSIONS.flatMap(ofSession)];
}

function ofCall(key: MethodKey): Fault[] {
  const nothing = (act: (call: InterceptedCall) => void): ((call: InterceptedCall) => Promise<undefined>) => {
    return async (call) => {
      await call.forward().catch(() => undefined);
      act(call);
      return undefined;
    };
  };
  return [
    unary(
      key,
      "reset",
      "is reset after the runtime has done its work",
      nothing((call) => call.reset()),
    ),
    unary(
      key,
      "disconnect",
      "loses its connection after the runtime has done its work",
      nothing((call) => call.disconnect()),
    ),
    unary(key, "half-open", "is never answered", async (call) => {
      await call.gone();
      return undefined;
    }),
    unary(key, "cut", "is answered with half of a message", async (call) => {
      call.sendCut(await call.forward());
      return undefined;
    }),
    unary(key, "unavailable", "is refused with Unavailable", () =>
      Promise.reject(CallStatus.of("Unavailable", "transport is closing")),
    ),
  ];
}

function unary(
  key: MethodKey,
  kind: string,
  what: string,
  act: (call: InterceptedCall) => Promise<Message | undefined>,
): Fault {
  return fault(key, kind, `A call of ${METHODS[key].name} ${what}`, (hit) => ({
    interceptors: {
      [key]: (call: InterceptedCall) => {
        hit();
        return act(call);
      },
    },
  }));
}

function ofStream(key: MethodKey): Fault[] {
  const { name } = METHODS[key];
  const stream = (
    kind: string,
    title: string,
    pass: (messages: AsyncIterable<Message>, call: InterceptedCall, hit: () => void) => AsyncIterable<Message>,
  ): Fault =>
    fault(key, kind, title, (hit) => ({
      interceptors: { [key]: (call: InterceptedCall) => pass(call.forwardStream(), call, hit) },
    }));
  return [
    stream("reordered", `The messages of ${name} change places in pairs`, async function* (messages, _call, hit) {
      // Those about one container: what happens to another one may come at any time.
      const held = new Map<string, Message>();
      for await (const message of messages) {
        const about = "containerId" in message ? String(message.containerId) : "";
        const earlier = held.get(about);
        held.delete(about);
        if (earlier === undefined) {
          held.set(about, message);
          continue;
        }
        hit();
        yield message;
        yield earlier;
      }
      yield* held.values();
    }),
    stream("truncated", `${name} ends with success after its first message`, async function* (messages, _call, hit) {
      for await (const message of messages) {
        yield message;
        hit();
        return;
      }
    }),
    stream("broken", `${name} is reset after its first message`, async function* (messages, call, hit) {
      for await (const message of messages) {
        yield message;
        hit();
        call.reset();
        return;
      }
    }),
    stream("silent", `${name} stays open and says nothing`, async function* (_messages, call, hit) {
      hit();
      await call.gone();
      yield* [];
    }),
  ];
}

type SessionFault = (kind: string, title: string, join: (hit: () => void) => RelayFault) => Fault;

function ofSession(key: MethodKey): Fault[] {
  const { name } = METHODS[key];
  const session: SessionFault = (kind, title, join) => fault(key, kind, title, (hit) => ({ relay: join(hit) }));
  return [
    session("session-truncated", `The connection of ${name} ends after 600 bytes of the server`, (hit) =>
      afterBytes(600, hit, ({ client }) => client.end()),
    ),
    session("session-reset", `The connection of ${name} is reset after 300 bytes of the server`, (hit) =>
      afterBytes(300, hit, ({ client }) => client.resetAndDestroy()),
    ),
    session("session-half-open", `Nothing arrives on the connection of ${name} after the upgrade`, (hit) =>
      afterBytes(1, hit, () => undefined),
    ),
    session(
      "session-slow",
      `The connection of ${name} carries ${(SLOW_PIECE_BYTES * 1000) / SLOW_PAUSE_MS} bytes a second`,
      slow,
    ),
    // Its client ends a forwarding, so that nothing is lost with the server's end.
    ...(key === "portForward" ? [] : [endLost(session, name)]),
  ];
}

function endLost(session: SessionFault, name: string): Fault {
  return session(
    "session-end-lost",
    `The connection of ${name} stays open when the server has closed it`,
    (hit) =>
      ({ client, server }) => {
        client.pipe(server);
        server.pipe(client, { end: false });
        // Who has closed first waits for no answer to it.
        server.on("end", () => client.readableEnded || hit());
      },
  );
}

/** Passes on what the server sends until it is more than so much, and then acts instead. */
function afterBytes(
  limitBytes: number,
  hit: () => void,
  act: (connection: Parameters<RelayFault>[0]) => void,
): RelayFault {
  return (connection) => {
    const { client, server } = connection;
    let passedBytes = 0;
    client.pipe(server);
    server.on("end", () => passedBytes <= limitBytes && client.end());
    server.on("data", (chunk: Buffer) => {
      if (passedBytes > limitBytes) return;
      client.write(chunk);
      passedBytes += chunk.length;
      if (passedBytes <= limitBytes) return;
      hit();
      act(connection);
    });
  };
}

function slow(hit: () => void): RelayFault {
  return (connection) => {
    const { client, server } = connection;
    client.pipe(server);
    void (async () => {
      for await (const chunk of server as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length && !client.destroyed; at += SLOW_PIECE_BYTES) {
          hit();
          await sleep(SLOW_PAUSE_MS);
          client.write(chunk.subarray(at, at + SLOW_PIECE_BYTES));
        }
      }
      client.end();
    })().catch(() => client.destroy());
  };
}

function fault(key: MethodKey, kind: string, title: string, make: (hit: () => void) => Disturbance): Fault {
  const rpc = METHODS[key].name as RpcName;
  return {
    id: `transport:${kind}:${rpc}`,
    family: "transport",
    kind,
    title,
    area: areaOf(rpc),
    rpc,
    reach: { rpcs: [rpc] },
    make,
  };
}
