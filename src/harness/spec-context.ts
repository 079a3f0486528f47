import type { CriRpc } from "../cri/client.js";
import type { BuiltImage } from "../images/image.js";
import type { Lack } from "../report/model.js";
import type { NriWatch, NriWatchOptions } from "./nri.js";
import type { Names } from "./ownership.js";
import type { Probe } from "./probe.js";
import type { RuntimeClient } from "./runtime-client.js";
import type { SpecImages } from "./spec-images.js";
import type { StreamingClient } from "./streaming.js";

/** What a spec's body works with. */
export interface SpecContext {
  /** Sandboxes and containers with defaults; each call must succeed. */
  runtime: RuntimeClient;
  /** The bare RPCs, for calls a spec words itself; what they create is cleaned up as well. */
  rpc: CriRpc;
  /** Exec, Attach and PortForward with the connections that follow. */
  streaming: StreamingClient;
  /** Test images: the shared ones by name, and images of the spec's own in the suite's registry. */
  images: SpecImages;
  /** Connects a plugin of the spec's own through the Node Resource Interface; needs `nri`. */
  connectNri: (options?: NriWatchOptions) => Promise<NriWatch>;
  /** What the runtime and the host are. */
  probe: Probe;
  /** Unique names, uids and labels. */
  names: Names;
  /** Aborted when the spec's deadline passes; hand it to whatever waits. */
  signal: AbortSignal;
  /** Makes a folder on the node that is removed with its content after the spec. */
  tempFolder: (purpose: string) => Promise<string>;
  /** Leaves a line in the report: a measured value, a tolerated alternative. */
  note: (text: string) => void;
  /** Runs at clean-up, before the runtime's objects are removed; newest first. */
  defer: (step: () => Promise<void>) => void;
  /** Runs at clean-up, after the runtime's objects are removed; newest first. */
  deferLast: (step: () => Promise<void>) => void;
  /** Ends the spec: what it is about does not exist here. Never for a wrong answer. */
  notApplicable: (reason: string, lack?: Lack) => never;
}

export type { BuiltImage };
