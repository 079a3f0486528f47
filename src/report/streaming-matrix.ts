import type { StreamingOffer } from "./model.js";

/** What the streaming servers speak, as a table: a row per version of a transport, a column per RPC. */
export interface StreamingMatrix {
  rpcs: string[];
  rows: {
    /** Transport and version, for instance `spdy v4.channel.k8s.io`. */
    name: string;
    /** In the order of `rpcs`; undefined where the version is not one of the RPC's. */
    cells: (true | string | undefined)[];
  }[];
}

export function streamingMatrix(offers: readonly StreamingOffer[]): StreamingMatrix {
  const known = ["Exec", "Attach", "PortForward"];
  const rpcs = [...new Set([...known, ...offers.map(({ rpc }) => rpc)])].filter((name) =>
    offers.some(({ rpc }) => rpc === name),
  );
  const names = [...new Set(offers.map(nameOf))];
  const rows = names.map((name) => ({
    name,
    cells: rpcs.map((rpc) => offers.find((offer) => offer.rpc === rpc && nameOf(offer) === name)?.offered),
  }));
  return { rpcs, rows };
}

const nameOf = ({ transport, protocol }: StreamingOffer): string => `${transport} ${protocol}`;
