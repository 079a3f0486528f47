import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AccessLog, type AccessLogEntry } from "./access-log.js";
import type { RepositoryAuth } from "./auth.js";
import type { ServableImage } from "./content.js";
import type { ActiveFault, Fault } from "./fault.js";
import { effectOf } from "./fault-effects.js";
import { PullApi } from "./pull-api.js";
import { applyRange } from "./reply.js";
import { Repository, type TaggedImage } from "./repository.js";
import { isRepositoryName, readRoute } from "./route.js";
import { send } from "./send.js";

export interface RegistryOptions {
  /** The address to listen on; default 127.0.0.1, where runtimes take plain HTTP. */
  readonly host?: string;
  /** Default a free one. */
  readonly port?: number;
  /** Called after each request. */
  readonly onRequest?: (entry: AccessLogEntry) => void;
}

/** A name or a combination that the registry cannot serve. */
export class RegistryUsageError extends Error {
  override readonly name = "RegistryUsageError";
}

/** A registry inside of this process that images can be pulled from, and that can be told to misbehave. */
export class Registry implements AsyncDisposable {
  /** `ADDRESS:PORT`, as references to its images begin. */
  readonly host: string;
  readonly url: string;
  readonly #repositories = new Map<string, Repository>();
  readonly #log = new AccessLog();
  readonly #closing = new AbortController();
  readonly #api: PullApi;

  /** @param server a server that listens, without a handler yet. */
  constructor(
    private readonly server: Server,
    private readonly onRequest?: RegistryOptions["onRequest"],
  ) {
    const { address, port, family } = server.address() as AddressInfo;
    this.host = family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
    this.url = `http://${this.host}`;
    this.#api = new PullApi(this.#repositories, this.url);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => {
        // An image that cannot be built, or a header that a fault made invalid: this request fails and no other.
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(String(error));
      });
    });
  }

  /** The reference of an image of this registry, by tag or by digest. */
  reference(repository: string, tagOrDigest: string): string {
    return `${this.host}/${repository}${tagOrDigest.includes(":") ? "@" : ":"}${tagOrDigest}`;
  }

  /**
   * Offers an image in a repository; tags that exist move to it. What was there before can still be pulled by digest.
   *
   * @throws RegistryUsageError for a name that no repository can have.
   */
  add(repository: string, tags: readonly string[], image: ServableImage): void {
    this.#repository(repository).add(tags, image);
  }

  /**
   * Offers images that are built when a request first asks for the repository.
   *
   * @throws RegistryUsageError for a name that no repository can have.
   */
  addOnDemand(repository: string, build: () => Promise<readonly TaggedImage[]>): void {
    this.#repository(repository).addOnDemand(build);
  }

  /** Takes away one tag, or the repository with everything in it; no error when it is not there. */
  remove(repository: string, tag?: string): void {
    if (tag === undefined) this.#repositories.delete(repository);
    else this.#repositories.get(repository)?.removeTag(tag);
  }

  /**
   * Asks for authentication from now on, or no more. Clients such as CRI-O learn the scheme from the API's root, so one
   * registry has one scheme.
   *
   * @throws RegistryUsageError when another repository is protected by another scheme.
   */
  protect(repository: string, auth: RepositoryAuth | undefined): void {
    const others = [...this.#repositories.values()].filter((other) => other.name !== repository);
    const other = others.find(
      ({ auth: theirs }) => theirs !== undefined && auth !== undefined && theirs.scheme !== auth.scheme,
    );
    if (other !== undefined) {
      throw new RegistryUsageError(
        `"${repository}" cannot be protected by ${auth?.scheme} while "${other.name}" is by ${other.auth?.scheme}; use a second registry.`,
      );
    }
    this.#repository(repository).auth = auth;
  }

  /** Makes a repository misbehave until the fault is undone. Faults add up in the order in which they were made. */
  fault(repository: string, fault: Fault): ActiveFault {
    const { effects } = this.#repository(repository);
    const ending = new AbortController();
    const ended = AbortSignal.any([ending.signal, this.#closing.signal]);
    const effect = effectOf(fault, { repository, url: this.url, ended });
    effects.add(effect);
    const undo = () => {
      effects.delete(effect);
      ending.abort();
    };
    return { undo, [Symbol.dispose]: undo };
  }

  /** The requests so far about one repository, or all of them, oldest first. */
  requests(repository?: string): AccessLogEntry[] {
    return this.#log.entries(repository);
  }

  /** Ends everything that is under way and frees the port. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const closed = once(this.server, "close");
    this.#closing.abort();
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #repository(name: string): Repository {
    if (!isRepositoryName(name)) {
      throw new RegistryUsageError(`"${name}" is no repository name; use lower case, such as team/image.`);
    }
    const repository = this.#repositories.get(name) ?? new Repository(name);
    this.#repositories.set(name, repository);
    return repository;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const [path = "/", query] = (request.url ?? "/").split("?", 2);
    const parameters = method === "POST" ? await readForm(request) : new URLSearchParams(query);
    const { authorization: header, range, "user-agent": userAgent } = request.headers;
    const route = readRoute(path);
    if ("repository" in route) await this.#repositories.get(route.repository)?.ready();
    const answer = this.#api.answer({ method, route, parameters, authorization: header });
    const reply = applyRange(answer.reply, range);
    const facts = { method, path, ...answer.facts, status: reply.status, userAgent };
    const entry = this.#log.add({ ...facts, bodyBytes: 0, isOpen: true });
    response.once("close", () => (entry.isOpen = false));
    await send(reply, request, response, (bytes) => (entry.bodyBytes += bytes));
    this.onRequest?.({ ...entry });
  }
}

/**
 * Starts a registry; `close` ends it.
 *
 * @throws the system's error when the address cannot be listened on (EADDRINUSE, EADDRNOTAVAIL, EACCES).
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const server = createServer();
  server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  return new Registry(server, options.onRequest);
}

const mostFormBytes = 64 * 1024;

/** The parameters of a form; what is longer than any honest one is cut off. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostFormBytes) break;
    }
  } catch {
    // The client went away; nobody reads the answer.
  }
  return new URLSearchParams(Buffer.concat(chunks).subarray(0, mostFormBytes).toString());
}
