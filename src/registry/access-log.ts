import type { Authorization } from "./auth.js";
import type { Grant } from "./token-service.js";

/** One request and its answer. Holds no credentials and no query. */
export interface AccessLogEntry extends RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Bytes of the body that were handed to the connection so far. */
  readonly bodyBytes: number;
  readonly userAgent: string | undefined;
  /** Whether the answer is still on its way; a client that hangs up ends it. */
  readonly isOpen: boolean;
}

/** What a request was about and who made it. */
export interface RequestFacts {
  /** Undefined for the API's root and for what is no request of the API. */
  readonly repository: string | undefined;
  /** What kind of Authorization header there was. */
  readonly authorization: Authorization["scheme"];
  /** Whether the repository's own credentials, or a token got with them, were presented. */
  readonly authenticated: boolean;
  /** For requests to the token service: what was offered in exchange for a token. */
  readonly grant: Grant | undefined;
}

type OpenEntry = { -readonly [Key in keyof AccessLogEntry]: AccessLogEntry[Key] };

const mostEntries = 10_000;

/** The latest requests, oldest first. */
export class AccessLog {
  readonly #entries: OpenEntry[] = [];

  /** Records a request when it arrives, and returns the entry for its bytes to be counted. */
  add(entry: AccessLogEntry): OpenEntry {
    const open = { ...entry };
    this.#entries.push(open);
    if (this.#entries.length > mostEntries) this.#entries.shift();
    return open;
  }

  /** The requests about one repository, or all. */
  entries(repository?: string): AccessLogEntry[] {
    const wanted = this.#entries.filter((entry) => repository === undefined || entry.repository === repository);
    return wanted.map((entry) => ({ ...entry }));
  }
}
