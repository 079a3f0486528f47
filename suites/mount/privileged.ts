/** Options of a pod and of its containers that may mount and use every device. */
export const PRIVILEGED = { linux: { securityContext: { privileged: true } } };
