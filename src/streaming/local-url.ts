import { hostname, networkInterfaces } from "node:os";
import { isIP, isIPv6 } from "node:net";
import { StreamingUrlError } from "./errors.js";

/** Which hosts a streaming URL may name. */
export interface UrlPolicy {
  /** Follow URLs to any host. Default false: only this host. */
  allowRemote?: boolean;
  /** Host names or addresses to follow besides this host's own, for example the host of a TCP endpoint. */
  allowedHosts?: readonly string[];
}

/**
 * Checks a URL that a runtime returned from Exec, Attach or PortForward before anything is dialled: a runtime must not be able
 * to send the suite anywhere. The URL must be http or https; its host must be this host (loopback, one of its addresses, its
 * name) or allowed by the policy. A wildcard address (0.0.0.0 or [::], a server that reports what it listens on) is
 * replaced by the loopback address of the same family.
 *
 * @returns the URL to dial.
 * @throws StreamingUrlError when the URL is unusable, or points away from this host and is not allowed (`remote` is true).
 */
export function assertLocalUrl(url: string, policy: UrlPolicy = {}): URL {
  const parsed = parseStreamingUrl(url);
  const host = bareHost(parsed.hostname);
  const loopback = WILDCARDS.get(host);
  if (loopback !== undefined) {
    parsed.hostname = loopback;
    return parsed;
  }
  if (policy.allowRemote || isLocalHost(host)) return parsed;
  if (policy.allowedHosts?.some((allowed) => canonicalHost(allowed) === host)) return parsed;
  throw new StreamingUrlError(
    `the streaming URL ${redactToken(parsed)} points to ${host}, which is not this host: it is not followed unless that host is allowed (--streaming-hosts)`,
    url,
    true,
  );
}

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
]);

function parseStreamingUrl(url: string): URL {
  if (/^https?:\/\/(:\d|\/|$)/i.test(url)) throw unusable(url, "has no host");
  if (!URL.canParse(url)) throw unusable(url, "is no absolute URL");
  const parsed = new URL(url);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw unusable(url, "is neither http nor https");
  return parsed;
}

function unusable(url: string, why: string): StreamingUrlError {
  const shown = JSON.stringify(url.slice(0, 200));
  return new StreamingUrlError(
    `the streaming URL ${shown} ${why}: a runtime returns an absolute http or https URL`,
    url,
    false,
  );
}

function isLocalHost(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === hostname().toLowerCase()) return true;
  if (isIP(host) === 0) return false;
  if (host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return true;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return own.some(({ address }) => canonicalHost(address) === host);
}

/** The one spelling of a host that the URL parser gives: lower case, IPv6 addresses compressed and without brackets. */
function canonicalHost(host: string): string {
  const plain = bareHost(host).split("%")[0] ?? host;
  return isIPv6(plain) ? bareHost(new URL(`http://[${plain}]`).hostname) : plain.toLowerCase();
}

function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** The token is a capability: whoever reads it in a report within its minute could run the command. */
function redactToken(url: URL): string {
  return `${url.origin}${url.pathname.replace(/[^/]+$/, "***")}`;
}
