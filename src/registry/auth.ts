export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Who may pull from a repository. */
export type RepositoryAuth = BasicAuth | BearerAuth;

/** HTTP basic authentication on every request. */
export interface BasicAuth {
  readonly scheme: "basic";
  readonly username: string;
  readonly password: string;
}

/** Bearer tokens: from the registry's own token service, or one that was issued beforehand. */
export interface BearerAuth {
  readonly scheme: "bearer";
  /** What the token service takes in exchange for a token. */
  readonly username?: string;
  readonly password?: string;
  /** Also taken in exchange for a token, as an OAuth 2 refresh token. */
  readonly identityToken?: string;
  /** Accepted by the repository as it is. */
  readonly registryToken?: string;
}

/** What a request's Authorization header held. Only its scheme may be logged. */
export type Authorization =
  | { readonly scheme: "none" | "other" }
  | ({ readonly scheme: "basic" } & Credentials)
  | { readonly scheme: "bearer"; readonly token: string };

/** Reads an Authorization header (RFC 7617, RFC 6750). */
export function readAuthorization(header: string | undefined): Authorization {
  if (header === undefined) return { scheme: "none" };
  const [scheme = "", value = ""] = header.split(" ", 2);
  if (scheme.toLowerCase() === "bearer") return { scheme: "bearer", token: value };
  if (scheme.toLowerCase() !== "basic") return { scheme: "other" };
  const decoded = Buffer.from(value, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon === -1) return { scheme: "other" };
  return { scheme: "basic", username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Whether these are the credentials of the repository. */
export function credentialsMatch(auth: RepositoryAuth, { username, password }: Credentials): boolean {
  return auth.username !== undefined && auth.username === username && auth.password === password;
}
