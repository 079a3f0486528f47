import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { behaviour, expect, randomLayer, until, type CriRpc, type FilesystemUsage } from "../../src/harness/index.js";
import { pull, remove } from "./calls.js";

const NS_PER_MS = 1_000_000;
const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** States what holds for every file system that ImageFsInfo reports. */
async function expectValid(usage: FilesystemUsage, subject: string): Promise<void> {
  const atMs = Number(usage.timestamp) / NS_PER_MS;
  // Nobody collects less than daily; a time in another unit than nanoseconds is decades off.
  expect(atMs, `${subject}: timestamp in ms`).to.be.above(Date.now() - DAY_MS);
  // The clock is the same; a second covers one that is set while the spec runs.
  expect(atMs, `${subject}: timestamp in ms`).to.be.at.most(Date.now() + 1000);
  const mountpoint = usage.fsId?.mountpoint ?? "";
  expect(mountpoint, `${subject}: fs_id.mountpoint`).to.match(/^\//);
  const isDirectory = await stat(mountpoint).then(
    (found) => found.isDirectory(),
    () => false,
  );
  expect(isDirectory, `${subject}: fs_id.mountpoint ${JSON.stringify(mountpoint)} is a directory of the node`).to.equal(
    true,
  );
}

behaviour(
  "IMG-040",
  {
    title: "ImageFsInfo returns at least one filesystem with valid data",
    level: "required",
    rpcs: ["ImageFsInfo"],
    clause:
      "FilesystemUsage.timestamp, fs_id, used_bytes, inodes_used: the kubelet asks at its start and evicts by them",
    needs: ["node-files"],
  },
  async ({ rpc, images }) => {
    await images.ensure("busybox");

    // containerd sums up its snapshots every 10 s, and may not have seen the image yet.
    const filesystems = await until(
      "ImageFsInfo to report used bytes",
      async () => {
        // The kubelet asks at its start and takes a node without an answer for broken; ten seconds allow for load.
        const { imageFilesystems } = await rpc.imageFsInfo({}, { timeoutMs: 10_000 });
        return imageFilesystems.some(({ usedBytes }) => (usedBytes?.value ?? 0n) > 0n) && imageFilesystems;
      },
      { timeoutMs: 30_000 },
    );

    for (const usage of filesystems) {
      await expectValid(usage, "image_filesystems");
      const inodes = usage.inodesUsed?.value;
      expect(inodes, "image_filesystems: inodes_used").to.be.a("bigint");
      if (await holdsManyFiles(usage.fsId?.mountpoint ?? "")) {
        expect(
          Number(inodes),
          "image_filesystems: inodes_used, with files of images below the mount point",
        ).to.be.above(0);
      }
    }
    expectDifferent(filesystems, "image_filesystems");
  },
);

/** States that each file system is told of once: who adds them up would count one twice. */
function expectDifferent(usages: readonly FilesystemUsage[], subject: string): void {
  const mountpoints = usages.map(({ fsId }) => fsId?.mountpoint ?? "");
  expect(mountpoints, `${subject}: fs_id.mountpoint of each`).to.deep.equal([...new Set(mountpoints)]);
}

/**
 * Whether images are unpacked to files below a folder; snapshots on block devices use no inodes of the node. A store's own
 * metadata is some ten files, and an unpacked image has more than fifty.
 */
async function holdsManyFiles(folder: string): Promise<boolean> {
  let count = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    // Folders go while other specs remove images.
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    count += entries.length;
    if (count > 50) return true;
    for (const entry of entries) if (entry.isDirectory()) folders.push(join(next, entry.name));
  }
  return false;
}

behaviour(
  "IMG-041",
  {
    title: "ImageFsInfo usage follows pulls and removals",
    level: "recommended",
    rpcs: ["ImageFsInfo", "PullImage", "RemoveImage"],
    clause: "FilesystemUsage.used_bytes: the kubelet collects images until it has sunk far enough",
    needs: ["own-registry"],
    tags: ["slow"],
    locks: ["node-counts"],
    timeoutMs: 420_000,
    waits: true,
  },
  async ({ rpc, images, names, note }) => {
    const layerBytes = 100 * MIB;
    const { reference } = await images.publishOwn({ layers: [randomLayer(layerBytes, names.next())] });
    const before = await usageOf(rpc);
    // Sizes in blocks and manifests, and small images of other specs.
    const wantedBytes = layerBytes - 10 * MIB;
    let growth = 0;
    let decline = 0;

    // Other specs' images come and go, and now and then so many of them between two readings that they hide this one.
    for (const { pulledMs, removedMs } of WINDOWS) {
      const low = await usageOf(rpc);
      await pull(rpc, reference);
      const rise = await largestChange(rpc, { from: low.bytes, direction: 1, wantedBytes, windowMs: pulledMs });
      note(`used_bytes grew by ${Math.round(rise.bytes / MIB)} MiB within ${rise.afterMs} ms after the pull`);
      growth = Math.max(growth, rise.bytes);
      const high = await usageOf(rpc);
      await remove(rpc, reference);
      const fall = await largestChange(rpc, { from: high.bytes, direction: -1, wantedBytes, windowMs: removedMs });
      decline = Math.max(decline, fall.bytes);
      if (Math.min(growth, decline) >= wantedBytes) break;
    }

    const times = `in ${WINDOWS.length} pulls and removals`;
    expect(growth, `largest growth of used_bytes ${times}`).to.be.at.least(wantedBytes);
    expect(decline, `largest decline of used_bytes ${times}`).to.be.at.least(wantedBytes);
    const { timestamp } = await usageOf(rpc);
    const advanced = timestamp > before.timestamp;
    expect(advanced, `timestamp advanced from ${before.timestamp} to ${timestamp}`).to.equal(true);
  },
);

/**
 * How long used_bytes may take to follow: containerd sums up its snapshots every 10 s and collects them as they come, the
 * kubelet looks every minute.
 */
const WINDOWS = [
  { pulledMs: 30_000, removedMs: 60_000 },
  { pulledMs: 30_000, removedMs: 60_000 },
  { pulledMs: 60_000, removedMs: 120_000 },
] as const;

/** The largest growth (1) or decline (-1) of used_bytes, seen from any earlier reading; ends early with what is wanted. */
async function largestChange(
  rpc: CriRpc,
  {
    from,
    direction,
    wantedBytes,
    windowMs,
  }: { from: number; direction: 1 | -1; wantedBytes: number; windowMs: number },
): Promise<{ bytes: number; afterMs: number }> {
  const startedMs = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedMs);
  let turnBytes = direction * from;
  let bytes = 0;
  await until(
    "used_bytes to change, or the time for it to be over",
    async () => {
      const nowBytes = direction * (await usageOf(rpc)).bytes;
      turnBytes = Math.min(turnBytes, nowBytes);
      bytes = Math.max(bytes, nowBytes - turnBytes);
      return bytes >= wantedBytes || elapsedMs() >= windowMs;
    },
    { timeoutMs: 2 * windowMs },
  );
  return { bytes, afterMs: elapsedMs() };
}

async function usageOf(rpc: CriRpc): Promise<{ bytes: number; timestamp: bigint }> {
  const { imageFilesystems } = await rpc.imageFsInfo({});
  return {
    bytes: imageFilesystems.reduce((sum, { usedBytes }) => sum + Number(usedBytes?.value ?? 0n), 0),
    timestamp: imageFilesystems.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), 0n),
  };
}

behaviour(
  "IMG-042",
  {
    title: "Separate image and container stores are reported separately",
    level: "optional",
    rpcs: ["ImageFsInfo"],
    clause: "ImageFsInfoResponse.container_filesystems: where writable layers are, for nodes that keep them elsewhere",
    needs: ["node-files"],
  },
  async ({ rpc, notApplicable }) => {
    const { imageFilesystems, containerFilesystems } = await rpc.imageFsInfo({});
    if (containerFilesystems.length === 0) return notApplicable("ImageFsInfo reports no container_filesystems");

    for (const usage of containerFilesystems) await expectValid(usage, "container_filesystems");
    expectDifferent(containerFilesystems, "container_filesystems");
    // The kubelet takes stores with one mount point for one, and needs to know of two where there are two.
    const mountpoints = (usages: FilesystemUsage[]) => usages.map(({ fsId }) => fsId?.mountpoint ?? "").sort();
    const devices = async (usages: FilesystemUsage[]) =>
      Promise.all(mountpoints(usages).map(async (path) => (await stat(path)).dev));
    const [imageDevices, containerDevices] = [await devices(imageFilesystems), await devices(containerFilesystems)];
    if (containerDevices.every((device, index) => device !== imageDevices[index])) {
      expect(mountpoints(containerFilesystems), "mount points of stores apart").to.not.deep.equal(
        mountpoints(imageFilesystems),
      );
    } else {
      expect(mountpoints(containerFilesystems), "mount points of one store").to.deep.equal(
        mountpoints(imageFilesystems),
      );
    }
  },
);
