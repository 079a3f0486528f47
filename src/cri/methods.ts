import type { DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { ImageService, RuntimeService } from "./gen/runtime/v1/api_pb.js";

/** Every RPC of the contract, keyed by its lowerCamel name; no name occurs in both services. */
export const METHODS = { ...RuntimeService.method, ...ImageService.method };

export type Methods = typeof METHODS;
export type MethodKey = keyof Methods;
export type UnaryKey = { [K in MethodKey]: Methods[K]["methodKind"] extends "unary" ? K : never }[MethodKey];
export type StreamKey = Exclude<MethodKey, UnaryKey>;
/** What a caller may pass for a request: a message or a plain partial object. */
export type RequestOf<K extends MethodKey> = MessageInitShape<Methods[K]["input"]>;
export type ResponseOf<K extends MethodKey> = MessageShape<Methods[K]["output"]>;

/** RPC name as the contract spells it, for instance `RunPodSandbox`. */
export type RpcName = { [K in MethodKey]: Capitalize<K> }[MethodKey];

/** All RPC names in the order of the contract. */
export const RPC_NAMES = Object.values(METHODS as Record<string, DescMethod>).map((method) => method.name) as RpcName[];

export const METHOD_KEYS = Object.keys(METHODS) as MethodKey[];

/** The RPCs served by the image endpoint, which may be a socket of its own. */
export function isImageMethod(key: MethodKey): boolean {
  return key in ImageService.method;
}
