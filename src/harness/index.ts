/** What a spec imports. */
export { behaviour } from "./spec.js";
export type { SpecContext } from "./spec-context.js";
export { answerOf, expect, expectError, expectOk } from "./expect.js";
export { heartbeat, untilBeating, untilSilent } from "./heartbeat.js";
export { findInfo, parseInfo } from "./verbose-info.js";
export { hostPid, processAgeMs } from "./host-process.js";
export { cgroupFiles, cgroupLimits, cpuWeightsOf, type CgroupLimits } from "./cgroup-limits.js";
export { cgroupFolders, cgroupOf, ownCgroupParent } from "./pod-cgroup.js";
export { CniFolder, type CniNetwork } from "./cni-folder.js";
export { mountsOf, nodeMounts, processMounts, type MountEntry } from "./mount-table.js";
export { CdiFolder } from "./cdi-folder.js";
export { IDLE, sh } from "./commands.js";
export { readMainProcess, untilMainProcessRuns, untilReady } from "./main-process.js";
export { patience } from "./patience.js";
export { remains, until } from "./until.js";
export { NotApplicable } from "./outcome.js";
export type { RuntimeClient } from "./runtime-client.js";
export type { ContainerInit, ContainerOptions, PodOptions, PodSandboxInit } from "./pod-options.js";
export type { PodSandbox } from "./pod-sandbox.js";
export type { Container, ExecResult } from "./container.js";
export { joinLines, parseContainerLog, timestampNs, type LogEntry, type ParsedLog } from "./container-log.js";
export { randomLayer, textLayer, type PublishedImage, type SpecImages } from "./spec-images.js";
export type { BuiltImage } from "../images/image.js";
export { hostArchitecture } from "../images/busybox.js";
export type { Registry } from "../registry/registry.js";
export type { ForwardWay, StreamingClient, StreamWay } from "./streaming.js";
export {
  assertLocalUrl,
  Deadline,
  dialChannelSocket,
  dialSpdy,
  StreamingError,
  UpgradeRefusedError,
} from "../streaming/index.js";
export type { ExitStatus, PortForwardConnection, PortForwardSession, StreamSession } from "../streaming/index.js";
export type { HeldEvent, NriWatch } from "./nri.js";
export { Event as NriEvent } from "../nri/index.js";
export type { CriRpc } from "../cri/client.js";
export { RpcError } from "../cri/rpc-error.js";
export * from "../cri/gen/runtime/v1/api_pb.js";
