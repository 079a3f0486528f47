import type { RpcName } from "../../cri/methods.js";
import type { Disturbance } from "../proxy/cri-proxy.js";

/** Where a fault comes from: the contract's fields and RPCs, what runtimes have really done, or the connection. */
export type FaultFamily = "derived" | "semantic" | "transport";

export const FAULT_FAMILIES: readonly FaultFamily[] = ["derived", "semantic", "transport"];

/** What a report says of a fault. */
export interface FaultInfo {
  /** Stable: `FAMILY:NAME`, of a derived one `KIND:RPC.path.of.field` or `KIND:RPC`. */
  id: string;
  family: FaultFamily;
  /** Group within the family, for instance `ignored` or `omitted`. */
  kind: string;
  /** What the runtime does wrong, as a sentence. */
  title: string;
  /** Topic, for scores. */
  area: string;
  rpc: RpcName;
  /** The fields concerned, from the request or reply down: `config.labels`. */
  path?: string;
  /** Issue of a real runtime that behaved this way: a link. */
  upstream?: string;
}

/**
 * Which specs can notice a fault, in terms of what they did without it. All that is given must hold.
 */
export interface Reach {
  /** The spec called one of these. */
  rpcs: readonly RpcName[];
  /** It sent this field: `RPC.path`. */
  sent?: string;
  /** It received this field: `RPC.path`. */
  received?: string;
  /** It looked at this field of a reply: `Message.field`. */
  read?: string;
  /** One of these calls was refused. */
  refused?: true;
}

/** One way in which a runtime is wrong. */
export interface Fault extends FaultInfo {
  reach: Reach;
  /** How long it makes a call take, in milliseconds: specs get that much more time. */
  delayMs?: number;
  /** Specs to try at most, where each takes long. */
  maxSpecs?: number;
  /**
   * Makes the fault, without memory of earlier uses.
   * @param hit to be called whenever it changes something, so that a spec is not credited for failing by itself
   */
  make: (hit: () => void) => Disturbance;
}
