import { fromBinary, type DescMethod, type Message } from "@bufbuild/protobuf";
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { CriConnection, type CriRpc } from "../../cri/client.js";
import type { Endpoint } from "../../cri/endpoint.js";
import { isImageMethod, METHOD_KEYS, METHODS, type MethodKey } from "../../cri/methods.js";
import { CallStatus } from "./call-status.js";
import { FrameSplitter } from "./grpc-frames.js";
import { InterceptedCall, type Interceptor } from "./intercepted-call.js";
import { passThrough, refuse } from "./pass-through.js";
import { StreamRelay, type RelayFault } from "./stream-relay.js";
import { SESSION_OPTIONS, SESSION_WINDOW_BYTES, Upstream } from "./upstream.js";

/** What the proxy does otherwise than the runtime behind it. */
export interface Disturbance {
  /** By RPC; the others are passed on as bytes. */
  interceptors?: Partial<Record<MethodKey, Interceptor>>;
  /** What happens to the connections that follow Exec, Attach and PortForward. */
  relay?: RelayFault;
}

/** The real runtime. */
export interface ProxyTarget {
  runtime: Endpoint;
  /** Default: the runtime's. */
  image?: Endpoint;
}

const KEYS_BY_PATH = new Map(
  METHOD_KEYS.map((key) => {
    const method: DescMethod = METHODS[key];
    return [`/${method.parent.typeName}/${method.name}`, key];
  }),
);

/** The replies of these carry a URL, which is rewritten so that the connections lead through the proxy as well. */
const URL_METHODS: ReadonlySet<MethodKey> = new Set(["exec", "attach", "portForward"]);

/**
 * A CRI endpoint in front of another one. Calls are passed on as bytes, RPCs that the contract does not know included;
 * those that a disturbance names are decoded and decided about. Streaming URLs lead through the proxy.
 */
export class CriProxy {
  readonly #server: Http2Server = createServer(SESSION_OPTIONS);
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #relay = new StreamRelay();
  readonly #direct: CriConnection;
  readonly #rpc: CriRpc;
  readonly #runtime: Upstream;
  readonly #image: Upstream;
  #disturbance: Disturbance = {};

  private constructor({ runtime, image = runtime }: ProxyTarget) {
    this.#direct = new CriConnection(runtime, image);
    this.#rpc = this.#direct.rpc();
    this.#runtime = new Upstream(runtime);
    this.#image = image.target === runtime.target ? this.#runtime : new Upstream(image);
    this.#server.on("session", (session) => {
      session.setLocalWindowSize(SESSION_WINDOW_BYTES);
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
      session.on("error", () => undefined);
    });
    this.#server.on("stream", (stream, headers) => this.#serve(stream, headers));
  }

  /**
   * Starts a proxy on a UNIX socket.
   * @throws the system's error when the socket cannot be made
   */
  static async start(socketPath: string, target: ProxyTarget): Promise<CriProxy> {
    const proxy = new CriProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(socketPath, resolve);
    });
    return proxy;
  }

  /** Behaves otherwise from the next call or connection on; an empty disturbance restores plain passing on. */
  disturb(disturbance: Disturbance): void {
    this.#disturbance = disturbance;
    this.#relay.fault = disturbance.relay;
  }

  /** Ends the proxy with every call and connection on it. */
  async close(): Promise<void> {
    this.#direct.close();
    this.#runtime.close();
    this.#image.close();
    await this.#relay.close();
    for (const session of this.#sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const key = KEYS_BY_PATH.get(headers[":path"] ?? "");
    const upstream = key !== undefined && isImageMethod(key) ? this.#image : this.#runtime;
    const interceptor = key === undefined ? undefined : this.#disturbance.interceptors?.[key];
    if (key === undefined || (!interceptor && !URL_METHODS.has(key))) {
      passThrough(stream, upstream.request(headers));
      return;
    }
    const received = URL_METHODS.has(key) ? (reply: Message) => this.#leadThroughProxy(reply) : noChange;
    const parts = { method: METHODS[key] as DescMethod, headers, upstream, rpc: this.#rpc, received };
    onlyMessage(stream, (bytes) => {
      try {
        const call = new InterceptedCall(stream, parts, fromBinary(parts.method.input, bytes));
        void call.answer(interceptor ?? ((asIs) => asIs.forward()));
      } catch (error) {
        refuse(stream, CallStatus.of("Internal", `the proxy cannot read the request: ${String(error)}`));
      }
    });
  }

  async #leadThroughProxy(reply: Message): Promise<void> {
    if ("url" in reply && typeof reply.url === "string") reply.url = await this.#relay.rewrite(reply.url);
  }
}

const noChange = (): Promise<void> => Promise.resolve();

/** Calls back with the one message of a request. */
function onlyMessage(stream: ServerHttp2Stream, callback: (bytes: Buffer) => void): void {
  const splitter = new FrameSplitter();
  let message: Buffer | undefined;
  stream.on("error", () => undefined);
  stream.on("data", (chunk: Buffer) => {
    try {
      message ??= splitter.push(chunk)[0];
    } catch (error) {
      refuse(stream, CallStatus.of("Unimplemented", String(error)));
    }
  });
  stream.on("end", () => {
    if (message && !stream.headersSent && !stream.destroyed) callback(message);
  });
}
