import { create, fromBinary, toBinary, type DescMethod, type Message } from "@bufbuild/protobuf";
import { once } from "node:events";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { CriRpc } from "../../cri/client.js";
import { grpcFrame } from "../../cri/grpc-frame.js";
import { CallStatus } from "./call-status.js";
import { FrameSplitter } from "./grpc-frames.js";
import { refuse } from "./pass-through.js";
import type { Upstream } from "./upstream.js";

/**
 * What is done with a call instead of passing it on. A unary call is answered with a message, a server stream with an
 * iteration of them; undefined says that nothing more will be sent, because the call is left hanging or was cut off.
 * A CallStatus that is thrown is the status the client gets.
 */
export type Interceptor = (call: InterceptedCall) => Promise<Message | undefined> | AsyncIterable<Message>;

/** What an intercepted call can draw on besides itself. */
export interface CallParts {
  method: DescMethod;
  headers: IncomingHttpHeaders;
  upstream: Upstream;
  /** Every RPC of the runtime behind the proxy. */
  rpc: CriRpc;
  /** Alters each reply of the runtime before the interceptor sees it: streaming URLs lead through the proxy. */
  received: (reply: Message) => Promise<void>;
}

/** A call under way that an interceptor decides about. */
export class InterceptedCall {
  readonly #gone = new AbortController();

  constructor(
    private readonly client: ServerHttp2Stream,
    private readonly parts: CallParts,
    /** The client's request, which may be changed. */
    readonly request: Message,
  ) {
    client.on("close", () => this.#gone.abort());
    client.on("error", () => undefined);
  }

  get method(): DescMethod {
    return this.parts.method;
  }

  /** Every RPC of the runtime, for what a fault does besides the call. */
  get rpc(): CriRpc {
    return this.parts.rpc;
  }

  /** Aborted when the client has ended the call: its deadline, a cancellation, a lost connection. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Makes the call on the runtime, with the client's metadata and deadline.
   * @throws CallStatus where the runtime refuses
   */
  async forward(request: Message = this.request): Promise<Message> {
    let reply: Message | undefined;
    // To the end, because the status comes after the message.
    for await (const message of this.forwardStream(request)) reply ??= message;
    return reply ?? create(this.method.output);
  }

  /** Makes the call on the runtime and gives its messages as they come; throws as `forward` does. */
  async *forwardStream(request: Message = this.request): AsyncGenerator<Message> {
    const { headers, upstream, method, received } = this.parts;
    // Without it nobody compresses, so that messages can be read.
    const { "grpc-accept-encoding": _none, "content-length": _length, ...kept } = headers;
    const runtime = upstream.request(kept);
    const cancel = (): void => runtime.close(constants.NGHTTP2_CANCEL);
    this.signal.addEventListener("abort", cancel, { once: true });
    let end: IncomingHttpHeaders | undefined;
    runtime.on("response", (head) => ("grpc-status" in head ? (end = head) : undefined));
    runtime.on("trailers", (trailers: IncomingHttpHeaders) => (end = trailers));
    runtime.end(grpcFrame(toBinary(method.input, request)));
    const splitter = new FrameSplitter();
    try {
      for await (const chunk of runtime.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        for (const message of splitter.push(chunk)) {
          const reply = fromBinary(method.output, message);
          await received(reply);
          yield reply;
        }
      }
    } catch (error) {
      throw CallStatus.of("Unavailable", `the runtime broke off: ${error instanceof Error ? error.message : "?"}`);
    } finally {
      this.signal.removeEventListener("abort", cancel);
      runtime.on("error", () => undefined);
      // A consumer that stops early ends the runtime's part as well.
      if (!runtime.readableEnded) cancel();
    }
    const refusal = CallStatus.from(end);
    if (refusal) throw refusal;
  }

  /** Ends the call as a runtime does that dies in the middle of it: the stream is reset. */
  reset(): void {
    this.client.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Cuts the connection of the call, with all others on it. */
  disconnect(): void {
    this.client.session?.destroy();
  }

  /** Sends the first half of a reply and then ends the call as if it were whole. */
  sendCut(reply: Message): void {
    this.#respond();
    const frame = grpcFrame(toBinary(this.method.output, reply));
    this.client.end(frame.subarray(0, Math.ceil(frame.length / 2)));
  }

  /** Resolves when the client has ended the call. */
  async gone(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, "abort");
  }

  /** Answers the client with what an interceptor made of the call. */
  async answer(interceptor: Interceptor): Promise<void> {
    try {
      const result = interceptor(this);
      if (result instanceof Promise) {
        const reply = await result;
        if (reply === undefined) return;
        await this.#send(reply);
      } else {
        for await (const reply of result) await this.#send(reply);
      }
      if (!this.client.headersSent) this.#respond();
      this.client.end();
    } catch (error) {
      if (this.client.destroyed || this.client.closed) return;
      const status = error instanceof CallStatus ? error : CallStatus.of("Internal", `proxy: ${String(error)}`);
      if (!this.client.headersSent) refuse(this.client, status);
      else this.#endWith(status);
    }
  }

  #trailers: CallStatus | undefined;

  #respond(): void {
    if (this.client.headersSent || this.client.destroyed) return;
    this.client.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    this.client.on("wantTrailers", () => this.client.sendTrailers(this.#trailers?.trailers ?? { "grpc-status": "0" }));
  }

  #endWith(status: CallStatus): void {
    this.#trailers = status;
    this.client.end();
  }

  async #send(reply: Message): Promise<void> {
    this.#respond();
    if (this.client.destroyed) return;
    if (this.client.write(grpcFrame(toBinary(this.method.output, reply)))) return;
    await Promise.race([once(this.client, "drain"), this.gone()]);
  }
}
