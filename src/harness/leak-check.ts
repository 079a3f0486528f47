import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mountPoints } from "../support/remove-tree.js";

/** Runtimes finish some removals after they have answered: containerd 2.1 takes some 100 ms for the last shims. */
const SETTLE_MS = 5_000;

/** Deeper than any runtime's state and than pods' control groups, and a bound for a tree that has no end. */
const MAX_DEPTH = 8;

/** Folders that are looked at, at most; a node with a thousand pods has some ten thousand control groups. */
const MAX_FOLDERS = 50_000;

/** Folders in which container runtimes keep a folder per sandbox and container. */
const RUNTIME_FOLDERS = [
  "/run/containerd",
  "/var/lib/containerd/io.containerd.grpc.v1.cri",
  "/run/crio",
  "/run/containers/storage",
  "/run/runc",
  "/run/crun",
];

/** Where a leak check looks; the defaults are a Linux host's. */
export interface LeakPlaces {
  proc: string;
  cgroups: string;
  runtimeFolders: readonly string[];
  settleMs: number;
}

const HOST: LeakPlaces = {
  proc: "/proc",
  cgroups: "/sys/fs/cgroup",
  runtimeFolders: RUNTIME_FOLDERS,
  settleMs: SETTLE_MS,
};

/**
 * What the runtime has left on the host of pods that it has removed: mounts, shims, control groups and files of its own,
 * one line each. Ids tell whose they are, so what belongs to pods of others never counts. What cannot be read is left out.
 *
 * @param ids of sandboxes and containers that were made and removed again
 * @param before the network namespaces that were kept open when the run began, see {@link keptNetworks}
 */
export async function findLeaks(
  ids: ReadonlySet<string>,
  before: ReadonlySet<string>,
  places: Partial<LeakPlaces> = {},
): Promise<string[]> {
  const where = { ...HOST, ...places };
  const deadlineMs = performance.now() + where.settleMs;
  for (let pauseMs = 50; ; pauseMs *= 2) {
    const leaks = ids.size === 0 ? [] : [...(await tracesOf(ids, where)), ...(await emptyNetworks(before, where))];
    if (leaks.length === 0 || performance.now() > deadlineMs) return leaks;
    await sleep(pauseMs);
  }
}

async function tracesOf(ids: ReadonlySet<string>, { proc, cgroups, runtimeFolders }: LeakPlaces): Promise<string[]> {
  const has = idFinder(ids);
  const [table, processes, groups, files] = await Promise.all([
    readFile(join(proc, "self/mountinfo"), "utf8").catch(() => ""),
    commandLines(proc),
    foldersNamed(cgroups, has),
    Promise.all(runtimeFolders.map((folder) => foldersNamed(folder, has))),
  ]);
  return [
    ...mountPoints(table).flatMap((point) => (has(point) ? [`mount ${point}`] : [])),
    ...processes.flatMap(({ pid, command }) => (has(command) ? [`process ${pid}: ${command.slice(0, 200)}`] : [])),
    ...groups.map((path) => `control group ${path}`),
    ...files.flat().map((path) => `folder ${path}`),
  ];
}

/** Mount points that keep a network namespace open; runtimes make one per pod. */
export async function keptNetworks(proc = HOST.proc): Promise<Map<string, string>> {
  const table = await readFile(join(proc, "self/mountinfo"), "utf8").catch(() => "");
  const kept = table.split("\n").map((line) => line.split(" "));
  return new Map(kept.flatMap(([, , , root = "", point = ""]) => (root.startsWith("net:[") ? [[point, root]] : [])));
}

/** Network namespaces that came since and that no process is in: those of pods of others have their processes. */
async function emptyNetworks(before: ReadonlySet<string>, { proc }: LeakPlaces): Promise<string[]> {
  const came = [...(await keptNetworks(proc))].filter(([point]) => !before.has(point));
  if (came.length === 0) return [];
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const used = new Set(await Promise.all(pids.map((pid) => readlink(join(proc, pid, "ns/net")).catch(() => ""))));
  return came.filter(([, namespace]) => !used.has(namespace)).map(([point]) => `network namespace ${point}`);
}

/** Runtimes use the whole id in paths and arguments. */
function idFinder(ids: ReadonlySet<string>): (text: string) => boolean {
  return (text) => (text.match(/[0-9a-f]{64}/g) ?? []).some((id) => ids.has(id));
}

/** Shims name their sandbox in their arguments. */
async function commandLines(proc: string): Promise<{ pid: string; command: string }[]> {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(join(proc, pid, "cmdline"), "utf8").catch(() => "");
      return { pid, command: line.replaceAll("\0", " ").trim() };
    }),
  );
}

/** Folders below one whose own name has an id; what is in them goes without saying. */
async function foldersNamed(root: string, has: (name: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let looked = 0;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && looked < MAX_FOLDERS; depth++) {
    looked += level.length;
    const entries = await Promise.all(
      level.map(async (folder) => {
        // A link is no folder here, so none is followed.
        const all = await readdir(folder, { withFileTypes: true }).catch(() => []);
        return all
          .filter((entry) => entry.isDirectory())
          .map((entry) => ({ name: entry.name, path: join(folder, entry.name) }));
      }),
    );
    const folders = entries.flat();
    found.push(...folders.filter(({ name }) => has(name)).map(({ path }) => path));
    level = folders.filter(({ name }) => !has(name) && name !== "rootfs").map(({ path }) => path);
  }
  return found;
}
