import type { RequestFacts } from "./access-log.js";
import { readAuthorization, type Authorization } from "./auth.js";
import { challenge, checkAccess } from "./challenge.js";
import { bufferBody, errorReply, jsonReply, type Reply, type ReplyBody, type Target } from "./reply.js";
import type { Repository } from "./repository.js";
import type { Route } from "./route.js";
import { readTokenRequest, TokenService, type TokenRequest } from "./token-service.js";

/** A request with what matters of it. */
export interface ApiRequest {
  readonly method: string;
  readonly route: Route;
  /** Of the query, or of the form for a POST. */
  readonly parameters: URLSearchParams;
  readonly authorization: string | undefined;
}

/** The reply to a request, and what the access log says of the request. */
export interface ApiAnswer {
  readonly reply: Reply;
  readonly facts: RequestFacts;
}

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** The pull half of the OCI distribution API, with a token service and a storage path for redirects. */
export class PullApi {
  readonly #tokens = new TokenService();

  constructor(
    readonly repositories: ReadonlyMap<string, Repository>,
    readonly url: string,
  ) {}

  answer(request: ApiRequest): ApiAnswer {
    const authorization = readAuthorization(request.authorization);
    const facts = {
      repository: undefined,
      authorization: authorization.scheme,
      authenticated: false,
      grant: undefined,
    };
    const { route } = request;
    switch (route.kind) {
      case "unknown":
        return { facts, reply: errorReply(404, "UNSUPPORTED", "This is no endpoint of the registry.") };
      case "root":
        return { facts, reply: this.#answerRoot(authorization) };
      case "token":
        return this.#answerToken(readTokenRequest(request.method, request.parameters, authorization), facts);
      case "storage": {
        const reply = this.#answerRead(request.method, route);
        return { facts: { ...facts, repository: route.repository }, reply };
      }
      case "tags":
      case "manifest":
      case "blob": {
        const auth = this.repositories.get(route.repository)?.auth;
        const access = checkAccess(route.repository, auth, authorization, this.#tokens);
        const reply =
          access === "refused" && auth !== undefined
            ? challenge(auth.scheme, this.url, route.repository)
            : this.#answerRead(request.method, route);
        return { facts: { ...facts, repository: route.repository, authenticated: access === "authenticated" }, reply };
      }
    }
  }

  #answerToken(request: TokenRequest, facts: RequestFacts): ApiAnswer {
    const { repository, grant } = request;
    const auth = this.repositories.get(repository ?? "")?.auth;
    const reply = this.#tokens.answer(request, auth);
    return { facts: { ...facts, repository, grant, authenticated: auth !== undefined && reply.status === 200 }, reply };
  }

  /** Some clients learn here, once and for all, how to authenticate (Docker's registry API, "API Version Check"). */
  #answerRoot(authorization: Authorization): Reply {
    const version = { "Docker-Distribution-Api-Version": "registry/2.0" };
    const guarded = [...this.repositories.values()].filter((repository) => repository.auth !== undefined);
    const scheme = guarded[0]?.auth?.scheme;
    const isKnown = guarded.some(
      ({ name, auth }) => checkAccess(name, auth, authorization, this.#tokens) === "authenticated",
    );
    if (scheme === undefined || isKnown) return jsonReply(200, {}, version);
    const reply = challenge(scheme, this.url);
    return { ...reply, headers: { ...reply.headers, ...version } };
  }

  #answerRead(method: string, route: Extract<Route, { repository: string }>): Reply {
    if (method !== "GET" && method !== "HEAD") {
      return errorReply(405, "UNSUPPORTED", "One can only pull from this registry.", { Allow: "GET, HEAD" });
    }
    const repository = this.repositories.get(route.repository);
    if (repository === undefined) return errorReply(404, "NAME_UNKNOWN", "There is no such repository.");
    if (route.kind === "tags") return jsonReply(200, { name: repository.name, tags: repository.tags });
    const { target, reply } =
      route.kind === "manifest" ? readManifest(route.reference, repository) : readBlob(route.reference, repository);
    if (route.kind === "storage") return reply;
    return [...repository.effects].reduce((changed, effect) => effect(target, changed), reply);
  }
}

interface Read {
  readonly target: Target;
  readonly reply: Reply;
}

function readManifest(reference: string, repository: Repository): Read {
  const document = repository.document(reference);
  if (document === undefined) {
    return { target: { kind: "other" }, reply: errorReply(404, "MANIFEST_UNKNOWN", "There is no such manifest.") };
  }
  const headers = { "Content-Type": document.mediaType, "Docker-Content-Digest": document.digest };
  return { target: { kind: "manifest", document }, reply: { status: 200, headers, body: bufferBody(document.bytes) } };
}

function readBlob(digest: string, repository: Repository): Read {
  if (!digestForm.test(digest)) {
    return {
      target: { kind: "other" },
      reply: errorReply(400, "DIGEST_INVALID", "A digest is sha256: and 64 hex digits."),
    };
  }
  const blob = repository.blob(digest);
  if (blob === undefined) {
    return { target: { kind: "other" }, reply: errorReply(404, "BLOB_UNKNOWN", "There is no such blob.") };
  }
  const headers = {
    "Content-Type": "application/octet-stream",
    "Docker-Content-Digest": blob.content.digest,
    "Accept-Ranges": "bytes",
  };
  const body: ReplyBody = blob.content;
  return { target: { kind: blob.kind, digest: blob.content.digest }, reply: { status: 200, headers, body } };
}
