import { randomBytes } from "node:crypto";
import { credentialsMatch, type Authorization, type Credentials, type RepositoryAuth } from "./auth.js";
import { errorReply, jsonReply, type Reply } from "./reply.js";

/** How a client asked for a token, as far as an access log may know. */
export type Grant = "anonymous" | "basic" | "password" | "refresh_token" | "unsupported";

/** A request for a token, read from either form. */
export interface TokenRequest {
  readonly grant: Grant;
  /** The repository of the scope `repository:NAME:pull`. */
  readonly repository: string | undefined;
  readonly credentials?: Credentials;
  readonly refreshToken?: string;
}

const lifetimeS = 300;
const mostTokens = 1000;

/**
 * Issues and checks short opaque tokens, each good for one repository (Docker's token authentication specification, and
 * its OAuth 2 form).
 */
export class TokenService {
  readonly #repositoryByToken = new Map<string, { readonly repository: string; readonly expiresAtMs: number }>();

  /** Answers a token request for a repository protected by `auth`; everybody gets tokens for unprotected ones. */
  answer(request: TokenRequest, auth: RepositoryAuth | undefined): Reply {
    if (!mayHaveToken(request, auth)) {
      return errorReply(401, "UNAUTHORIZED", "These credentials give no token for this repository.");
    }
    const token = this.#issue(request.repository ?? "");
    return jsonReply(200, {
      token,
      access_token: token,
      scope: `repository:${request.repository ?? ""}:pull`,
      expires_in: lifetimeS,
      issued_at: new Date().toISOString(),
    });
  }

  accepts(token: string, repository: string): boolean {
    const issued = this.#repositoryByToken.get(token);
    return issued !== undefined && issued.repository === repository && issued.expiresAtMs > Date.now();
  }

  #issue(repository: string): string {
    const token = randomBytes(16).toString("hex");
    this.#repositoryByToken.set(token, { repository, expiresAtMs: Date.now() + lifetimeS * 1000 });
    if (this.#repositoryByToken.size > mostTokens) {
      const [oldest = ""] = this.#repositoryByToken.keys();
      this.#repositoryByToken.delete(oldest);
    }
    return token;
  }
}

/** Reads `GET /token?scope=...` with basic credentials, or `POST /token` with a form. */
export function readTokenRequest(
  method: string,
  parameters: URLSearchParams,
  authorization: Authorization,
): TokenRequest {
  const repository = /^repository:([^:]+):/.exec(parameters.get("scope") ?? "")?.[1];
  if (method !== "POST") {
    return authorization.scheme === "basic"
      ? { grant: "basic", repository, credentials: authorization }
      : { grant: "anonymous", repository };
  }
  switch (parameters.get("grant_type")) {
    case "refresh_token":
      return { grant: "refresh_token", repository, refreshToken: parameters.get("refresh_token") ?? "" };
    case "password": {
      const credentials = { username: parameters.get("username") ?? "", password: parameters.get("password") ?? "" };
      return { grant: "password", repository, credentials };
    }
    default:
      return { grant: "unsupported", repository };
  }
}

function mayHaveToken(request: TokenRequest, auth: RepositoryAuth | undefined): boolean {
  if (auth === undefined) return true;
  if (request.credentials !== undefined) return credentialsMatch(auth, request.credentials);
  return auth.scheme === "bearer" && auth.identityToken !== undefined && auth.identityToken === request.refreshToken;
}
