import { toBinary, type DescMethod, type Message, type MessageShape } from "@bufbuild/protobuf";
import { METHODS, type MethodKey, type Methods, type RpcName } from "../../../cri/methods.js";
import type { RelayFault } from "../../proxy/stream-relay.js";
import type { InterceptedCall, Interceptor } from "../../proxy/intercepted-call.js";
import { areaOf } from "../area.js";
import type { Fault, Reach } from "../fault.js";

export type RequestMessage<K extends MethodKey> = MessageShape<Methods[K]["input"]>;
export type ReplyMessage<K extends MethodKey> = MessageShape<Methods[K]["output"]>;

/** A call with its request typed. */
export type Call<K extends MethodKey> = InterceptedCall & { readonly request: RequestMessage<K> };

/** What becomes of the calls of one RPC. */
export interface Effect {
  key: MethodKey;
  make: (hit: () => void) => Interceptor;
}

/** What a semantic fault is made of. */
export interface SemanticFault {
  title: string;
  /** Default: that of the first RPC. */
  area?: string;
  /** Link to the issue of a runtime that behaved this way. */
  upstream?: string;
  /** RPCs whose specs can notice it. Default: those that the effects are about. */
  rpcs?: readonly RpcName[];
  /** Narrows the specs further; see {@link Reach}. */
  reach?: Omit<Reach, "rpcs">;
  /** Longest time that it makes a call take. */
  delayMs?: number;
  /** Makes the effects; called anew for every use, so that what they remember is theirs. */
  does?: () => Effect | Effect[];
  /** What happens to streaming connections. */
  relay?: (hit: () => void) => RelayFault;
}

/** Declares a semantic fault. */
export function semantic(
  name: string,
  { title, area, upstream, rpcs, reach, delayMs, does = () => [], relay }: SemanticFault,
): Fault {
  const about = rpcs ?? [does()].flat().map(({ key }) => METHODS[key].name as RpcName);
  const rpc = about[0]!;
  return {
    id: `semantic:${name}`,
    family: "semantic",
    kind: "semantic",
    title,
    area: area ?? areaOf(rpc),
    rpc,
    ...(upstream !== undefined && { upstream }),
    ...(delayMs !== undefined && { delayMs }),
    reach: { rpcs: about, ...reach },
    make: (hit) => ({
      interceptors: Object.fromEntries([does()].flat().map((effect) => [effect.key, effect.make(hit)])),
      ...(relay && { relay: relay(hit) }),
    }),
  };
}

/** The runtime sees a changed request. */
export function onRequest<K extends MethodKey>(
  key: K,
  edit: (request: RequestMessage<K>, call: Call<K>) => void | Promise<void>,
): Effect {
  const desc: DescMethod = METHODS[key];
  const changed = async (call: InterceptedCall, hit: () => void): Promise<void> => {
    const before = toBinary(desc.input, call.request);
    await edit(call.request as RequestMessage<K>, call as Call<K>);
    if (!Buffer.from(before).equals(toBinary(desc.input, call.request))) hit();
  };
  return {
    key,
    make: (hit) =>
      desc.methodKind === "unary"
        ? async (call) => {
            await changed(call, hit);
            return call.forward();
          }
        : async function* (call) {
            await changed(call, hit);
            yield* call.forwardStream();
          },
  };
}

/** The client sees a changed reply, or changed messages of a stream. */
export function onReply<K extends MethodKey>(
  key: K,
  edit: (reply: ReplyMessage<K>, call: Call<K>) => void | Promise<void>,
): Effect {
  const desc: DescMethod = METHODS[key];
  const changed = async (call: InterceptedCall, reply: Message, hit: () => void): Promise<Message> => {
    const before = toBinary(desc.output, reply);
    await edit(reply as ReplyMessage<K>, call as Call<K>);
    if (!Buffer.from(before).equals(toBinary(desc.output, reply))) hit();
    return reply;
  };
  return {
    key,
    make: (hit) =>
      desc.methodKind === "unary"
        ? async (call) => changed(call, await call.forward(), hit)
        : async function* (call) {
            for await (const reply of call.forwardStream()) yield changed(call, reply, hit);
          },
  };
}

/** A unary call takes a course of its own; it calls `hit` where that differs from what the runtime would do. */
export function instead<K extends MethodKey>(
  key: K,
  act: (call: Call<K>, hit: () => void) => Promise<Message | undefined>,
): Effect {
  return { key, make: (hit) => (call) => act(call as Call<K>, hit) };
}

/** A server stream takes a course of its own. */
export function insteadStream<K extends MethodKey>(
  key: K,
  act: (call: Call<K>, hit: () => void) => AsyncIterable<Message>,
): Effect {
  return { key, make: (hit) => (call) => act(call as Call<K>, hit) };
}
