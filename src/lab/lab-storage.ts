import { release } from "node:os";

/** Where a lab's containerd keeps images and containers. */
export type LabStorage = "memory" | "disk";

export const LAB_STORAGES = ["memory", "disk"] as const satisfies LabStorage[];

const GIB = 1024 ** 3;

/** The most that a lab takes of the memory; the whole suite takes 0.3 GiB (containerd 2.1 with runc). */
export const MEMORY_LIMIT_BYTES = 2 * GIB;

/** With less memory available, the pods of a run might lack what the lab takes. */
const NEEDED_BYTES = 2 * MEMORY_LIMIT_BYTES;

/**
 * Where a lab that lasts for one run keeps images and containers: in memory where there is room, because what goes away in
 * a minute need not be written. It saves a fifth of the runtime's processor time. Only since Linux 6.6 a tmpfs can hold all that a layer
 * may contain, extended attributes of users included.
 */
export function usualStorage(kernel = release(), availableBytes = process.availableMemory()): LabStorage {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  const holdsAll = major > 6 || (major === 6 && minor >= 6);
  return holdsAll && availableBytes >= NEEDED_BYTES ? "memory" : "disk";
}
