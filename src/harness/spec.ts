import type { RpcName } from "../cri/methods.js";
import type { Level, SpecInfo } from "../report/model.js";
import type { FeatureName } from "./features.js";
import type { SpecContext } from "./spec-context.js";

/** Topic of each id series; a new series starts with a line here. */
export const AREAS = {
  RTI: "runtime",
  SBX: "sandbox",
  CTR: "container",
  EXE: "exec",
  LOG: "log",
  IMG: "image",
  STR: "streaming",
  NET: "network",
  SEC: "security",
  NSP: "namespace",
  MNT: "mount",
  RES: "resource",
  STA: "stats",
  EVT: "event",
  LST: "list-stream",
  IDM: "idempotence",
  ERR: "error",
  CON: "concurrency",
  CKP: "checkpoint",
  NRI: "nri",
} as const;

/** Something that two specs must not use at the same time. */
export type Lock =
  /** The runtime's container event stream, which some runtimes hand to one reader at a time. */
  | "event-stream"
  /** Counts over everything on the node: lists without a filter, image file system usage. */
  | "node-counts"
  /** Settings of the node or the runtime: the pod CIDR, the CNI configuration. */
  | "node-settings"
  /** The processors: a spec that loads them, or that judges durations tightly. */
  | "cpu"
  /**
   * Everything: the spec breaks something that others rely on, so it runs alone, after all others. Such a spec also has
   * the tag `exclusive` and needs `no-other-pods`. Specs of NRI hold it too: a plugin that connects holds up whatever the
   * runtime does with pods, for as long as a graceful stop takes, and some releases then never go on
   * (https://github.com/containerd/containerd/issues/14083).
   */
  | "whole-node";

/** What a spec declares about itself. */
export interface BehaviourMeta {
  /** The behaviour as a sentence; the spec's body proves it. */
  title: string;
  level: Level;
  /** RPCs the behaviour is about. */
  rpcs: RpcName[];
  /** RPC and field, KEP or RFC that demands it, with the rule in a few words after a colon. */
  clause: string;
  /** Features without which the behaviour does not apply. */
  needs?: FeatureName[];
  /** Full titles of the critest specs it covers. */
  critest?: string | string[];
  /** Free words for --label-filter, for instance `slow`. */
  tags?: string[];
  /** Deadline of the whole spec; the default suits specs of a few calls. */
  timeoutMs?: number;
  locks?: Lock[];
  /** The spec waits many seconds for a timer of the runtime's, so it takes no other's place among those that run. */
  waits?: boolean;
  /** A runtime that fails it has been seen to hang for everybody, so the others start before it. */
  last?: boolean;
}

/** The body of a spec: acts on the runtime and states expectations. */
export type SpecBody = (context: SpecContext) => Promise<void>;

/** A declared spec. */
export interface Spec {
  info: SpecInfo;
  /** Absent where the default applies. */
  timeoutMs?: number;
  locks: readonly Lock[];
  waits: boolean;
  last: boolean;
  body: SpecBody;
}

const declared = new Map<string, Spec>();

/**
 * Declares a spec. Ids are stable for ever: they name the behaviour in reports, known-failure lists and links.
 * @throws Error for a malformed or repeated id, so that a wrong declaration fails at load time
 */
export function behaviour(id: string, meta: BehaviourMeta, body: SpecBody): void {
  const spec = makeSpec(id, meta, body);
  if (declared.has(id)) {
    throw new Error(`Spec id "${id}" is declared twice; give the second spec the next free number.`);
  }
  declared.set(id, spec);
}

/**
 * Makes a spec without declaring it.
 * @throws Error for a malformed id
 */
export function makeSpec(id: string, meta: BehaviourMeta, body: SpecBody): Spec {
  const series = /^([A-Z]{3})-\d{3}$/.exec(id)?.[1];
  if (!series || !(series in AREAS)) {
    throw new Error(
      `Spec id "${id}": an id is one of ${Object.keys(AREAS).join(", ")}, a dash and three digits, like CTR-027.`,
    );
  }
  const {
    title,
    level,
    rpcs,
    clause,
    needs = [],
    critest = [],
    tags = [],
    timeoutMs,
    locks = [],
    waits = false,
    last = false,
  } = meta;
  return {
    info: {
      id,
      title,
      area: AREAS[series as keyof typeof AREAS],
      level,
      rpcs,
      clause,
      needs,
      tags,
      critest: typeof critest === "string" ? [critest] : critest,
    },
    ...(timeoutMs !== undefined && { timeoutMs }),
    locks,
    waits,
    last,
    body,
  };
}

/** All specs declared so far, by id. */
export function declaredSpecs(): Spec[] {
  return [...declared.values()].sort((a, b) => a.info.id.localeCompare(b.info.id));
}
