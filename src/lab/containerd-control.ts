import { connect } from "node:net";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Busybox } from "../images/busybox.js";
import { writeOciArchive } from "../images/oci-archive.js";
import { buildPauseImage } from "../images/pause.js";
import { runProcess } from "../support/process.js";
import { waitUntil } from "../support/wait-until.js";
import { LabError } from "./lab-error.js";
import { logTail } from "./log-tail.js";
import { isAlive, type ProcessIdentity } from "../support/process-identity.js";

/** The image of a lab's pod sandboxes. No registry has it. */
export const pauseImage = "critique.local/pause:lab";

/** A containerd that was started, and how to talk to it. */
export interface RunningContainerd {
  readonly ctr: string;
  readonly socket: string;
  readonly process: ProcessIdentity;
  readonly logFile: string;
  readonly signal?: AbortSignal;
}

/**
 * Waits until containerd answers and its CRI plugin works.
 *
 * @throws LabError with the end of its log when it ends, is silent, or has no working CRI plugin.
 */
export async function waitForContainerd(containerd: RunningContainerd): Promise<void> {
  const outcome = await waitUntil(
    async () => {
      if (await accepts(containerd.socket)) return "answers";
      return (await isAlive(containerd.process)) ? undefined : "ended";
    },
    {
      description: "containerd to listen",
      timeoutMs: 30_000,
      firstPauseMs: 10,
      maxPauseMs: 50,
      signal: containerd.signal,
    },
  ).catch((error: unknown) => {
    containerd.signal?.throwIfAborted();
    return error as Error;
  });
  if (outcome instanceof Error) throw await failure("containerd does not answer within 30s", containerd);
  if (outcome === "ended") throw await failure("containerd ended while it started", containerd);

  const plugins = await ctr(containerd, ["plugins", "ls"]);
  const broken = brokenCriPlugin(plugins);
  if (broken !== undefined) throw await failure(`containerd's CRI plugin does not work (${broken})`, containerd);
}

/** Says what is wrong with the CRI plugins in the output of `ctr plugins ls`; undefined when they work. */
export function brokenCriPlugin(listing: string): string | undefined {
  const rows = listing.split("\n").map((line) => line.trim().split(/\s+/));
  const cri = rows.filter(([type, name]) => {
    return (type === "io.containerd.grpc.v1" && name === "cri") || type === "io.containerd.cri.v1";
  });
  if (cri.length === 0) return "it is not built in, or disabled";
  const failed = cri.filter((row) => row.at(-1) !== "ok");
  return failed.length === 0 ? undefined : failed.map((row) => `${row[0]}.${row[1]}: ${row.at(-1)}`).join(", ");
}

/** Builds the pause image as an archive for {@link importPauseImage}, which needs no containerd yet. */
export async function writePauseArchive(busybox: Busybox, folder: string): Promise<string> {
  const path = join(folder, "pause.tar");
  await writeOciArchive(await buildPauseImage(busybox), pauseImage, path);
  return path;
}

/** Gives containerd the pause image and waits until its CRI plugin has taken notice, which it does by an event. */
export async function importPauseImage(
  containerd: RunningContainerd,
  archive: string,
  snapshotter: string,
): Promise<void> {
  await ctr(containerd, ["images", "import", "--snapshotter", snapshotter, archive]);
  await rm(archive);
  await waitUntil(
    async () => {
      const listing = await ctr(containerd, ["images", "ls", `name==${pauseImage}`]);
      return listing.includes("io.cri-containerd.image=managed");
    },
    { description: "containerd's CRI plugin to see the pause image", timeoutMs: 10_000, signal: containerd.signal },
  );
}

async function ctr(containerd: RunningContainerd, args: readonly string[]): Promise<string> {
  const { stdout } = await runProcess(
    containerd.ctr,
    ["--address", containerd.socket, "--namespace", "k8s.io", ...args],
    { timeoutMs: 30_000, signal: containerd.signal },
  );
  return stdout;
}

async function accepts(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function failure(problem: string, { logFile }: RunningContainerd): Promise<LabError> {
  const log = await logTail(logFile);
  return new LabError(problem, "mend what its log says, or use another containerd", { log });
}
