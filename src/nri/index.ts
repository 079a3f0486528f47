/** A client of the Node Resource Interface: a plugin that the suite connects to a runtime. */
export { DEFAULT_NRI_SOCKET } from "./default-socket.js";
export { NriPlugin } from "./plugin.js";
export type { Adjustment, NriEvent, PluginHooks, PluginIdentity } from "./plugin.js";
export { Event } from "./gen/nri/v1alpha1/api_pb.js";
export type { Container, PodSandbox } from "./gen/nri/v1alpha1/api_pb.js";
