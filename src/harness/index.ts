/** What a spec imports. */
export { behaviour } from "./spec.js";
export type { SpecContext } from "./spec-context.js";
export { answerOf, expect, expectError, expectOk } from "./expect.js";
export { heartbeat, untilBeating, untilSilent } from "./heartbeat.js";
export { findInfo, hostPid, parseInfo } from "./verbose-info.js";
export { remains, until } from "./until.js";
export { NotApplicable } from "./outcome.js";
export { IDLE, sh } from "./runtime-client.js";
export type { RuntimeClient } from "./runtime-client.js";
export type { ContainerInit, ContainerOptions, PodOptions, PodSandboxInit } from "./pod-options.js";
export type { PodSandbox } from "./pod-sandbox.js";
export type { Container, ExecResult } from "./container.js";
export { joinLines, parseContainerLog, type LogEntry, type ParsedLog } from "./container-log.js";
export type { PublishedImage, SpecImages } from "./spec-images.js";
export type { CriRpc } from "../cri/client.js";
export { RpcError } from "../cri/rpc-error.js";
export * from "../cri/gen/runtime/v1/api_pb.js";
