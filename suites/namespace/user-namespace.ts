import { NamespaceMode } from "../../src/harness/index.js";

/** Length of the mapping and, as the kubelet does it, the grain of its start. */
const LENGTH = 65_536;

/** The first id of the node that the specs' pods use: far above users and above what the kubelet gives to the first pods. */
export const FIRST_HOST_ID = 2_000 * LENGTH;

/** Ids of the pod and what they are on the node. */
export interface Mapping {
  hostId: number;
  containerId: number;
  length: number;
}

export const MAPPING: Mapping = { hostId: FIRST_HOST_ID, containerId: 0, length: LENGTH };

/** What a request for a user namespace says. */
export interface UserNamespaceOptions {
  mode?: NamespaceMode;
  uids?: Mapping[];
  gids?: Mapping[];
}

/** Options of a pod, and of its containers, with a user namespace; by default one that maps all ids of a pod. */
export function withUserNamespace({
  mode = NamespaceMode.POD,
  uids = [MAPPING],
  gids = uids,
}: UserNamespaceOptions = {}): {
  linux: { securityContext: { namespaceOptions: { usernsOptions: UserNamespaceOptions } } };
} {
  return { linux: { securityContext: { namespaceOptions: { usernsOptions: { mode, uids, gids } } } } };
}
