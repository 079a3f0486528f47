import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { behaviour, expect, MountPropagation, sh, type Container, type SpecContext } from "../../src/harness/index.js";
import { NodeVolume } from "./node-volume.js";
import { PRIVILEGED } from "./privileged.js";

behaviour(
  "MNT-008",
  {
    title: "Private propagation isolates mounts in both directions",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "MountPropagation.PROPAGATION_PRIVATE: no mount made later appears on the other side",
    needs: ["node-mounts"],
    critest:
      "[k8s.io] Container Mount Propagation runtime should support mount propagation mount with 'rprivate' should not support propagation",
  },
  async (context) => {
    const { volume, container } = await withPropagation(context, MountPropagation.PROPAGATION_PRIVATE);

    await mountOnBothSides(volume, container);

    expect(await mountedInside(container), "mounts that the container sees").to.have.members(["by-container"]);
    expect(mountedOnNode(volume), "mounts that the node sees").to.have.members(["by-node"]);
  },
);

behaviour(
  "MNT-009",
  {
    title: "Bidirectional propagation works in both directions",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "MountPropagation.PROPAGATION_BIDIRECTIONAL: mounts made later on one side appear on the other",
    needs: ["node-mounts"],
    critest:
      "[k8s.io] Container Mount Propagation runtime should support mount propagation mount with 'rshared' should support propagation from host to container and vice versa",
  },
  async (context) => {
    const { volume, container } = await withPropagation(context, MountPropagation.PROPAGATION_BIDIRECTIONAL);

    await mountOnBothSides(volume, container);

    const both = ["by-node", "by-container"];
    expect(await mountedInside(container), "mounts that the container sees").to.have.members(both);
    expect(mountedOnNode(volume), "mounts that the node sees").to.have.members(both);

    await volume.unmount("by-node");
    await container.output(["umount", "/mnt/by-container"]);

    expect(await mountedInside(container), "mounts that the container sees after both were unmounted").to.be.empty;
    expect(mountedOnNode(volume), "mounts that the node sees after both were unmounted").to.be.empty;
  },
);

behaviour(
  "MNT-010",
  {
    title: "Host to container propagation is one way",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync", "ContainerStatus"],
    clause:
      "MountPropagation.PROPAGATION_HOST_TO_CONTAINER: later mounts of the node appear in the container, not the reverse",
    needs: ["node-mounts"],
    critest:
      "[k8s.io] Container Mount Propagation runtime should support mount propagation mount with 'rslave' should support propagation from host to container",
  },
  async (context) => {
    const { volume, container } = await withPropagation(context, MountPropagation.PROPAGATION_HOST_TO_CONTAINER);

    await mountOnBothSides(volume, container);

    const both = ["by-node", "by-container"];
    expect(await mountedInside(container), "mounts that the container sees").to.have.members(both);
    expect(mountedOnNode(volume), "mounts that the node sees").to.have.members(["by-node"]);
  },
);

/** A volume with the folders by-node and by-container in a privileged container that mounts it at /mnt. */
async function withPropagation(
  context: SpecContext,
  propagation: MountPropagation,
): Promise<{ volume: NodeVolume; container: Container }> {
  const volume = await NodeVolume.make(context);
  await volume.share();
  await mkdir(volume.at("by-node"));
  await mkdir(volume.at("by-container"));
  const mount = { hostPath: volume.path, containerPath: "/mnt", propagation };
  const container = await context.runtime.startContainer({ pod: PRIVILEGED, ...PRIVILEGED, mounts: [mount] });
  const { mounts } = await container.status();
  const entries = mounts.filter(({ containerPath }) => containerPath === "/mnt");
  expect(entries, "entries of ContainerStatus.mounts for /mnt").to.have.lengthOf(1);
  expect(entries[0], "entry of ContainerStatus.mounts").to.have.fields({
    hostPath: volume.path,
    readonly: false,
    selinuxRelabel: false,
    propagation,
  });
  return { volume, container };
}

/** Mounts an empty file system on by-node from the node and on by-container from the container, and leaves a file in each. */
async function mountOnBothSides(volume: NodeVolume, container: Container): Promise<void> {
  await volume.mount("by-node");
  await writeFile(volume.at(`by-node/${MARK}`), "");
  await container.output(sh(`mount -t tmpfs tmpfs /mnt/by-container && touch /mnt/by-container/${MARK}`));
}

/** The file that tells a mounted folder from the one below it; a virtual machine need not list a mount to have it. */
const MARK = "mounted";

/** Names of the folders of the volume that are mounted, as the container sees it. */
async function mountedInside(container: Container): Promise<string[]> {
  const paths = await container.output(sh(`cd /mnt && find . -name ${MARK}`));
  return paths
    .split("\n")
    .filter(Boolean)
    .map((path) => path.split("/")[1] ?? "");
}

/** Names of the folders of the volume that are mounted, as the node sees it. */
function mountedOnNode(volume: NodeVolume): string[] {
  return ["by-node", "by-container"].filter((name) => existsSync(volume.at(`${name}/${MARK}`)));
}
