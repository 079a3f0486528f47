import { mkdir } from "node:fs/promises";
import {
  behaviour,
  expect,
  findInfo,
  nodeMounts,
  parseInfo,
  until,
  type Container,
  type PodSandbox,
} from "../../src/harness/index.js";
import { NodeVolume } from "./node-volume.js";

behaviour(
  "MNT-020",
  {
    title: "Mounts of removed containers are released on the host",
    level: "required",
    rpcs: ["RemoveContainer", "RemovePodSandbox"],
    clause: "RemovePodSandbox: removes the sandbox and its containers, and with them what was mounted for them",
    needs: ["node-mounts"],
  },
  async (context) => {
    const { runtime } = context;
    const volume = await NodeVolume.make(context);
    await mkdir(volume.at("source"));
    await volume.mount("source");
    // Three at once, because a mount that is leaked is leaked where one goes while another comes.
    const pods = await Promise.all(
      [0, 1, 2].map(async () => {
        const sandbox = await runtime.runSandbox();
        const container = await sandbox.startContainer({
          mounts: ["/data", "/data/again", "/etc/volume"].map((containerPath) => ({
            hostPath: volume.at("source"),
            containerPath,
          })),
        });
        return { sandbox, container };
      }),
    );
    const marks = (await Promise.all(pods.map(({ sandbox, container }) => marksOf(sandbox, container)))).flat();
    const during = await mountsMarked(marks);
    expect(during, "mounts on the node for the running pods").to.not.be.empty;

    // One in the usual order, the others by the removal of the sandbox alone.
    await pods[0]?.container.stop();
    await pods[0]?.container.remove();
    await Promise.all(
      pods.map(async ({ sandbox }) => {
        await sandbox.stop();
        await sandbox.remove();
      }),
    );

    let left: string[] = [];
    await until(
      "the mounts of the removed pods to be gone",
      async () => (left = await mountsMarked(marks)).length === 0,
      {
        timeoutMs: 30_000,
        seen: () => left.join(", "),
      },
    );
    const { device } = (await nodeMounts()).find(({ path }) => path === volume.at("source")) ?? {};
    const ofSource = (await nodeMounts()).filter((mount) => mount.device === device).map(({ path }) => path);
    expect(ofSource, "mounts of the volume on the node").to.deep.equal([volume.at("source")]);
    await volume.unmount("source");
    expect(await volume.mounted(), "mounts on the node after the volume was unmounted").to.be.empty;
  },
);

/** What the mount points that belong to a pod have in their paths: ids, and paths that the runtime tells. */
async function marksOf(sandbox: PodSandbox, container: Container): Promise<string[]> {
  const infos = [(await sandbox.statusResponse(true)).info, (await container.statusResponse(true)).info];
  const told = infos.flatMap((info) => {
    const parsed = parseInfo(info);
    const namespaces = findInfo(parsed, "namespaces");
    const network = Array.isArray(namespaces) ? (namespaces as { path?: unknown }[]).map(({ path }) => path) : [];
    return [findInfo(findInfo(parsed, "root"), "path"), ...network];
  });
  const paths = told.filter((path): path is string => typeof path === "string" && path.startsWith("/"));
  // A path below /proc is no mount point.
  return [sandbox.id, container.id, ...paths.filter((path) => !path.startsWith("/proc/"))];
}

async function mountsMarked(marks: readonly string[]): Promise<string[]> {
  const paths = (await nodeMounts()).map(({ path }) => path);
  return paths.filter((path) => marks.some((mark) => path.includes(mark)));
}
