import type { CriRpc } from "../cri/client.js";
import {
  openPortForwardSession,
  openStreamSession,
  StreamAbortedError,
  SPDY_PORT_FORWARD_PROTOCOLS,
  SPDY_STREAM_PROTOCOLS,
  TUNNEL_PROTOCOLS,
  UpgradeRefusedError,
  WEBSOCKET_PORT_FORWARD_PROTOCOLS,
  WEBSOCKET_STREAM_PROTOCOLS,
  type DialOptions,
  type PortForwardSession,
  type PortForwardTransport,
  type Session,
  type StreamFlags,
  type StreamSession,
  type StreamTransport,
} from "../streaming/index.js";
import type { StreamingOffer } from "../report/model.js";
import { ExpectationFailed, NotApplicable } from "./outcome.js";

/** A transport with one version of its protocol. */
interface Way<T extends PortForwardTransport> {
  /** For subjects and notes, for instance `spdy v4.channel.k8s.io`. */
  readonly name: string;
  readonly transport: T;
  readonly protocols: readonly string[];
}

/** How exec and attach can be spoken; both use the same protocols. */
export type StreamWay = Way<StreamTransport>;
/** How port-forward can be spoken. */
export type ForwardWay = Way<PortForwardTransport>;
/** At least one way. */
type Ways<W> = readonly [W, ...W[]];

const cells = <T extends PortForwardTransport>(transport: T, versions: readonly string[]): Way<T>[] =>
  versions.map((version) => ({ name: `${transport} ${version}`, transport, protocols: [version] }));

/** Newest versions first within each transport. */
const STREAM_WAYS: readonly StreamWay[] = [
  ...cells("spdy", SPDY_STREAM_PROTOCOLS),
  ...cells("websocket", WEBSOCKET_STREAM_PROTOCOLS),
];
const FORWARD_WAYS: readonly ForwardWay[] = [
  ...cells("spdy", SPDY_PORT_FORWARD_PROTOCOLS),
  ...cells("websocket", WEBSOCKET_PORT_FORWARD_PROTOCOLS),
  ...cells("spdy-over-websocket", TUNNEL_PROTOCOLS),
];

/**
 * Which ways the runtime offers, found out when the first spec asks and then known to the whole run: a way that was
 * offered once must work ever after.
 */
export class StreamingOffers {
  readonly #looks = new Map<string, Promise<unknown>>();

  constructor(
    /** Those the run may use (--spdy, --websocket). */
    readonly transports: readonly StreamTransport[],
    /** Hosts that streaming URLs may point to besides this one (--streaming-hosts). */
    readonly allowedHosts: readonly string[] = [],
    /** Told what each look found, for the report. */
    readonly onFound: (offers: StreamingOffer[]) => void = () => undefined,
  ) {}

  /**
   * The answer of the first look that succeeded; a look may fail with the spec that takes it.
   * @param signal ends the waiting for another spec's look
   * @throws StreamAbortedError when the signal is aborted meanwhile
   */
  async once<T>(kind: string, look: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      if (signal.aborted) throw new StreamAbortedError(signal.reason);
      const running = this.#looks.get(kind) as Promise<T> | undefined;
      if (!running) {
        const own = look();
        this.#looks.set(kind, own);
        own.catch(() => this.#looks.delete(kind));
        return own;
      }
      const answer = running.then(
        (value) => ({ value }),
        () => undefined,
      );
      const found = await Promise.race([answer, aborted(signal)]);
      if (found) return found.value;
    }
  }
}

/** What a streaming client needs from the run. */
export interface StreamingParts {
  rpc: CriRpc;
  signal: AbortSignal;
  offers: StreamingOffers;
  note: (text: string) => void;
}

/**
 * Exec, Attach and PortForward with the connection that follows. Every session ends with its spec. A runtime that
 * refuses to upgrade, or breaks the protocol, fails the spec like a failed call.
 */
export class StreamingClient {
  constructor(private readonly parts: StreamingParts) {}

  /** How URLs are dialled; for specs that dial one by themselves. */
  get dialOptions(): DialOptions {
    const {
      signal,
      offers: { allowedHosts },
    } = this.parts;
    // Runtimes make themselves a certificate for https, and those who follow their URLs do not verify it.
    return { signal, allowedHosts, tls: { rejectUnauthorized: false } };
  }

  /** Those of the ways that use one of these transports; ends the spec as not applicable where there is none. */
  waysOver<W extends ForwardWay>(transports: readonly PortForwardTransport[], ways: readonly W[]): Ways<W> {
    const [first, ...others] = ways.filter(({ transport }) => transports.includes(transport));
    if (first) return [first, ...others];
    const isLeftOut = !transports.some((transport) => this.#isAllowed(transport));
    throw isLeftOut
      ? new NotApplicable(`the run's options leave the transport ${transports.join(" or ")} out`, "options")
      : new NotApplicable(`the runtime does not offer the transport ${transports.join(" or ")}`);
  }

  /** Exec, then a session on its URL; by default over SPDY with every version on offer. */
  async exec(containerId: string, cmd: string[], options: StreamFlags & Partial<StreamWay>): Promise<StreamSession> {
    const { url } = await this.parts.rpc.exec({ containerId, cmd, ...flagsOf(options) });
    return this.open(url, options);
  }

  /** Attach, then a session on its URL. */
  async attach(containerId: string, options: StreamFlags & Partial<StreamWay>): Promise<StreamSession> {
    const { url } = await this.parts.rpc.attach({ containerId, ...flagsOf(options) });
    return this.open(url, options);
  }

  /** A session on a URL of Exec or Attach; the flags must be those of the request. */
  open(url: string, options: StreamFlags & Partial<StreamWay>): Promise<StreamSession> {
    return openStreamSession(url, { transport: "spdy", ...options, ...this.dialOptions });
  }

  /** PortForward for these ports, then a session on its URL. */
  async portForward(
    podSandboxId: string,
    ports: readonly number[],
    way: Partial<ForwardWay> = {},
  ): Promise<PortForwardSession> {
    const { url } = await this.parts.rpc.portForward({ podSandboxId, port: [...ports] });
    return openPortForwardSession(url, { transport: "spdy", ...way, ports, ...this.dialOptions });
  }

  /**
   * Every way to exec that the runtime offers; at least one.
   * @param containerId a running container in which `true` can be executed
   */
  async streamWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#noted("exec", await this.#execWays(containerId));
  }

  /** The newest version that the runtime offers of each transport to exec; at least one. */
  async newestStreamWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#noted("exec", newestOfEach(await this.#execWays(containerId)));
  }

  /**
   * Every way to attach that the runtime offers; at least one.
   * @param containerId a running container
   */
  async attachWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#noted("attach", await this.#attachWays(containerId));
  }

  /** The newest version that the runtime offers of each transport to attach; at least one. */
  async newestAttachWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#noted("attach", newestOfEach(await this.#attachWays(containerId)));
  }

  /** Every way to forward ports that the runtime offers; at least one. */
  async forwardWays(podSandboxId: string): Promise<Ways<ForwardWay>> {
    return this.#noted("port-forward", await this.#forwardWays(podSandboxId));
  }

  /** The newest version that the runtime offers of each transport to forward ports; at least one. */
  async newestForwardWays(podSandboxId: string): Promise<Ways<ForwardWay>> {
    return this.#noted("port-forward", newestOfEach(await this.#forwardWays(podSandboxId)));
  }

  #execWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#offered(STREAM_WAYS, "Exec", (way) => this.exec(containerId, ["true"], { ...way, stdout: true }));
  }

  #attachWays(containerId: string): Promise<Ways<StreamWay>> {
    return this.#offered(STREAM_WAYS, "Attach", (way) => this.attach(containerId, { ...way, stdout: true }));
  }

  #forwardWays(podSandboxId: string): Promise<Ways<ForwardWay>> {
    // Nothing needs to listen: the server agrees on a protocol before it dials.
    return this.#offered(FORWARD_WAYS, "PortForward", (way) => this.portForward(podSandboxId, [1], way));
  }

  /** Leaves in the report over what the spec ran. */
  #noted<W extends { name: string }>(what: string, ways: Ways<W>): Ways<W> {
    this.parts.note(`${what} over ${namesOf(ways)}`);
    return ways;
  }

  #offered<T extends PortForwardTransport>(
    all: readonly Way<T>[],
    rpc: string,
    open: (way: Way<T>) => Promise<Session>,
  ): Promise<Ways<Way<T>>> {
    const { offers, signal } = this.parts;
    const look = async (): Promise<Ways<Way<T>>> => {
      const answers = await Promise.all(all.map(async (way) => ({ way, offered: await this.#look(way, open) })));
      const rows = answers.map(({ way: { transport, protocols }, offered }): StreamingOffer => {
        return { rpc, transport, protocol: protocols.join(", "), offered };
      });
      offers.onFound(rows);
      const [first, ...others] = answers.filter(({ offered }) => offered === true).map(({ way }) => way);
      if (first) return [first, ...others];
      throw new ExpectationFailed({
        subject: `streaming server behind the URL of ${rpc}`,
        expected: `to speak one of ${namesOf(all)}`,
        seen: rows.map(({ offered }) => offered).join("; "),
      });
    };
    return offers.once(rpc, look, signal);
  }

  #isAllowed(transport: PortForwardTransport): boolean {
    return this.parts.offers.transports.includes(transport === "spdy" ? "spdy" : "websocket");
  }

  /** Opens a session once; gives the reason where the server declines. */
  async #look<T extends PortForwardTransport>(
    way: Way<T>,
    open: (way: Way<T>) => Promise<Session>,
  ): Promise<true | string> {
    if (!this.#isAllowed(way.transport)) return "the run's options leave this transport out";
    try {
      await (await open(way)).close();
      return true;
    } catch (error) {
      // Another status than that of a client's wrong request says that something is broken, or the URL unknown.
      if (error instanceof UpgradeRefusedError && isDeclined(error.refusal.statusCode)) return error.message;
      throw error;
    }
  }
}

/** A client error other than 404, which is the answer to an unknown token; or 501, a server without the protocol. */
const isDeclined = (statusCode: number): boolean =>
  (statusCode >= 400 && statusCode < 500 && statusCode !== 404) || statusCode === 501;

/** The first way of each transport. */
function newestOfEach<T extends PortForwardTransport>([first, ...others]: Ways<Way<T>>): Ways<Way<T>> {
  const seen = new Set<PortForwardTransport>([first.transport]);
  return [first, ...others.filter(({ transport }) => !seen.has(transport) && seen.add(transport))];
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

const namesOf = (ways: readonly { name: string }[]): string => ways.map(({ name }) => name).join(", ");

function flagsOf({ stdin = false, stdout = false, stderr = false, tty = false }: StreamFlags): Required<StreamFlags> {
  return { stdin, stdout, stderr, tty };
}
