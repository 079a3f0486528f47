/** The address of a CRI endpoint in the forms users write it, resolved to what the gRPC channel takes. */
export interface Endpoint {
  /** Canonical form, as printed and stored in reports: `unix:///run/x.sock` or `tcp://host:port`. */
  uri: string;
  /** What @grpc/grpc-js takes as a target. */
  target: string;
  /** Path of the UNIX socket, when it is one. */
  socketPath?: string;
}

/** An endpoint that cannot be understood: value, rule and remedy in one sentence. */
export class EndpointError extends Error {
  override name = "EndpointError";
}

/**
 * Parses `unix:///path`, `unix:path`, an absolute path, or `tcp://host:port`.
 * @throws EndpointError for anything else, Windows pipes included
 */
export function parseEndpoint(value: string): Endpoint {
  const path = socketPathOf(value);
  if (path !== undefined) {
    if (Buffer.byteLength(path) > 107) {
      throw new EndpointError(
        `Endpoint "${value}": a UNIX socket path holds at most 107 bytes (sockaddr_un); use a shorter path or a link to it.`,
      );
    }
    return { uri: `unix://${path}`, target: `unix:${path}`, socketPath: path };
  }
  const tcp = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})\/?$/.exec(value);
  if (tcp && Number(tcp[2]) > 0 && Number(tcp[2]) <= 65535) {
    return { uri: `tcp://${tcp[1]}:${tcp[2]}`, target: `dns:///${tcp[1]}:${tcp[2]}` };
  }
  throw new EndpointError(
    `Endpoint "${value}" is not understood: use unix:///path/to.sock, an absolute path, or tcp://host:port ` +
      `(for example unix:///run/containerd/containerd.sock).`,
  );
}

function socketPathOf(value: string): string | undefined {
  if (value.startsWith("/")) return value;
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(value);
  return unix?.[1];
}
