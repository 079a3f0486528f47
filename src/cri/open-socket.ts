import { connect, type Socket } from "node:net";
import type { Endpoint } from "./endpoint.js";

/** Connects to an endpoint; where that fails the socket says so by an `error` event. */
export function openSocket({ socketPath, uri }: Endpoint): Socket {
  if (socketPath !== undefined) return connect(socketPath);
  const { hostname, port } = new URL(uri);
  // An IPv6 address stands in brackets in a URL only.
  return connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
}
