import { mkdir, writeFile } from "node:fs/promises";
import { behaviour, expect, expectError, MountPropagation, type SpecContext } from "../../src/harness/index.js";
import { NodeVolume } from "./node-volume.js";
import { PRIVILEGED } from "./privileged.js";
import { READ_ONLY, write } from "./writing.js";

behaviour(
  "MNT-004",
  {
    title: "readonly mounts refuse writes but not, without recursion, writes in submounts",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.readonly, recursive_read_only: mounts below the mount are read-only only with the latter",
    needs: ["node-mounts"],
    critest:
      "[k8s.io] Container Mount Readonly runtime should support readonly mounts should support non-recursive readonly mounts",
  },
  async (context) => {
    const hostPath = await folderWithMount(context);

    const container = await context.runtime.startContainer({
      mounts: [{ hostPath, containerPath: "/mnt", readonly: true }],
    });

    expect(await container.output(["cat", "/mnt/file"]), "/mnt/file").to.equal("content");
    expect(await write(container, "/mnt/new"), "writing to /mnt").to.match(READ_ONLY);
    expect(await write(container, "/mnt/below/new"), "writing to the mount below it").to.equal("written");
  },
);

behaviour(
  "MNT-005",
  {
    title: "recursive_read_only also protects submounts",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.recursive_read_only: mounts below the mount are read-only too",
    needs: ["node-mounts", "recursive-read-only-mounts"],
    critest:
      "[k8s.io] Container Mount Readonly runtime should support readonly mounts should support recursive readonly mounts",
  },
  async (context) => {
    const hostPath = await folderWithMount(context);

    const container = await context.runtime.startContainer({
      mounts: [{ hostPath, containerPath: "/mnt", readonly: true, recursiveReadOnly: true }],
    });

    expect(await write(container, "/mnt/new"), "writing to /mnt").to.match(READ_ONLY);
    expect(await write(container, "/mnt/below/new"), "writing to the mount below it").to.match(READ_ONLY);
    const { mounts } = await container.status();
    expect(
      mounts.find(({ containerPath }) => containerPath === "/mnt"),
      "entry of ContainerStatus.mounts",
    ).to.have.fields({ readonly: true, recursiveReadOnly: true });
  },
);

behaviour(
  "MNT-006",
  {
    title: "Contradictory recursive read-only mounts are rejected at create",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers"],
    clause: "Mount.recursive_read_only: needs readonly and private propagation, or CreateContainer fails",
    needs: ["node-files", "recursive-read-only-mounts"],
    critest: [
      "[k8s.io] Container Mount Readonly runtime should support readonly mounts should reject a recursive readonly mount with PROPAGATION_HOST_TO_CONTAINER",
      "[k8s.io] Container Mount Readonly runtime should support readonly mounts should reject a recursive readonly mount with PROPAGATION_BIDIRECTIONAL",
      "[k8s.io] Container Mount Readonly runtime should support readonly mounts should reject a recursive readonly mount with ReadOnly: false",
    ],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const hostPath = await tempFolder("volume");
    const contradictions: Record<string, { readonly: boolean; propagation?: MountPropagation }> = {
      "propagation HOST_TO_CONTAINER": { readonly: true, propagation: MountPropagation.PROPAGATION_HOST_TO_CONTAINER },
      "propagation BIDIRECTIONAL": { readonly: true, propagation: MountPropagation.PROPAGATION_BIDIRECTIONAL },
      "readonly false": { readonly: false },
    };
    // Privileged, because bidirectional propagation may be refused to others for that alone.
    const sandbox = await runtime.runSandbox(PRIVILEGED);

    for (const [what, contradiction] of Object.entries(contradictions)) {
      const mount = { hostPath, containerPath: "/mnt", recursiveReadOnly: true, ...contradiction };
      await expectError(
        sandbox.createContainer({ mounts: [mount], ...PRIVILEGED }),
        "any",
        `CreateContainer with recursive_read_only and ${what}`,
      );
    }

    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(
      containers.map(({ id }) => id),
      "containers that they left",
    ).to.deep.equal([]);
  },
);

behaviour(
  "MNT-007",
  {
    title: "recursive_read_only is refused when the handler does not support it",
    level: "recommended",
    rpcs: ["CreateContainer", "Status"],
    clause: "Mount.recursive_read_only: CreateContainer fails where the handler lacks the feature (KEP-3857)",
    needs: ["node-files", "runtime-handlers"],
  },
  async ({ runtime, probe, tempFolder, notApplicable, note }) => {
    const features = probe.handler?.features;
    if (!features) return notApplicable("Status does not say what the handler can do", "handler");
    if (features.recursiveReadOnlyMounts) return notApplicable("the handler has recursive_read_only_mounts", "handler");
    const hostPath = await tempFolder("volume");
    const sandbox = await runtime.borrowSandbox();

    const refusal = await expectError(
      sandbox.createContainer({
        mounts: [{ hostPath, containerPath: "/mnt", readonly: true, recursiveReadOnly: true }],
      }),
      "any",
      "CreateContainer with recursive_read_only",
    );

    // By this word the kubelet knows the reason and shows it as the container's (ErrRROUnsupported).
    if (refusal && !refusal.details.includes("RROUnsupported")) note("the refusal does not say RROUnsupported");
  },
);

/** A folder with a file and, at `below`, a mount. */
async function folderWithMount(context: SpecContext): Promise<string> {
  const volume = await NodeVolume.make(context);
  await writeFile(volume.at("file"), "content");
  await mkdir(volume.at("below"));
  await volume.mount("below");
  return volume.path;
}
