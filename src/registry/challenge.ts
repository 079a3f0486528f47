import type { Authorization, RepositoryAuth } from "./auth.js";
import { credentialsMatch } from "./auth.js";
import { errorReply, type Reply } from "./reply.js";
import type { TokenService } from "./token-service.js";

/** Whether a request may read a repository, and by presenting its credentials or because anybody may. */
export type Access = "anonymous" | "authenticated" | "refused";

export function checkAccess(
  repository: string,
  auth: RepositoryAuth | undefined,
  authorization: Authorization,
  tokens: TokenService,
): Access {
  if (auth === undefined) return "anonymous";
  if (auth.scheme === "basic") {
    return authorization.scheme === "basic" && credentialsMatch(auth, authorization) ? "authenticated" : "refused";
  }
  if (authorization.scheme !== "bearer") return "refused";
  const isValid = authorization.token === auth.registryToken || tokens.accepts(authorization.token, repository);
  return isValid ? "authenticated" : "refused";
}

/** The refusal that tells a client how to authenticate (RFC 9110, section 11.6.1; Docker's token specification). */
export function challenge(scheme: RepositoryAuth["scheme"], url: string, repository?: string): Reply {
  const service = new URL(url).host;
  const scope = repository === undefined ? "" : `,scope="repository:${repository}:pull"`;
  const header =
    scheme === "basic" ? 'Basic realm="critique registry"' : `Bearer realm="${url}/token",service="${service}"${scope}`;
  return errorReply(401, "UNAUTHORIZED", "Authentication is required.", { "WWW-Authenticate": header });
}
