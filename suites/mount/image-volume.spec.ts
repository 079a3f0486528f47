import { answerOf, behaviour, ContainerState, expect, expectError, RpcError, sh } from "../../src/harness/index.js";
import { runImageVolumePod, VOLUME } from "./image-volume.js";
import { READ_ONLY, write } from "./writing.js";

behaviour(
  "MNT-021",
  {
    title: "An image volume reports the image reference in status",
    level: "optional",
    rpcs: ["PullImage", "CreateContainer", "ContainerStatus"],
    clause: "ImageSpec.image_ref: in ContainerStatus.mounts, what PullImage returned for the mounted image (KEP-4639)",
    critest: "[k8s.io] Image Volume [Feature:ImageVolume] should return image digest in ContainerStatus mounts",
  },
  async (context) => {
    const { sandbox, imageRef, mounting } = await runImageVolumePod(context);

    const container = await sandbox.startContainer(mounting());

    const { mounts } = await container.status();
    const entries = mounts.filter(({ containerPath }) => containerPath === VOLUME);
    expect(entries, `entries of ContainerStatus.mounts for ${VOLUME}`).to.have.lengthOf(1);
    // The volume was asked for by what PullImage returned.
    expect(entries[0]?.image, "Mount.image").to.have.fields({
      image: imageRef,
      imageRef,
      userSpecifiedImage: "",
      runtimeHandler: "",
    });
  },
);

behaviour(
  "MNT-022",
  {
    title: "An image volume is readable, executable and not writable",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.image: the image's content, read-only (KEP-4639)",
    critest: "[k8s.io] Image Volume [Feature:ImageVolume] should correctly mount image and enforce read-only",
  },
  async (context) => {
    const { sandbox, mounting } = await runImageVolumePod(context);

    const first = await sandbox.startContainer(mounting());
    const second = await sandbox.startContainer(mounting());

    for (const [container, which] of [
      [first, "one container"],
      [second, "another one of the pod"],
    ] as const) {
      const known = await container.execSync(["cat", `${VOLUME}/content/known`]);
      expect(known.stdout, `a file of the image, in ${which}`).to.equal("known content\n");
    }
    const run = await answerOf(first.execSync([`${VOLUME}/bin/busybox`, "echo", "ran"]));
    expect(run instanceof RpcError ? run.message : run.stdout, "output of a program in the image").to.equal("ran\n");
    expect(await write(first, `${VOLUME}/content/new`), "writing to the volume").to.match(READ_ONLY);
  },
);

behaviour(
  "MNT-023",
  {
    title: "An image volume with readonly false is rejected",
    level: "optional",
    rpcs: ["CreateContainer"],
    clause: "Mount.image: image mounts are read-only, so readonly must be true (KEP-4639)",
    critest: "[k8s.io] Image Volume [Feature:ImageVolume] should reject Image Volume with Readonly set to false",
  },
  async (context) => {
    const { sandbox, mounting } = await runImageVolumePod(context);

    const answer = await answerOf(sandbox.createContainer(mounting({ readonly: false })));

    if (answer instanceof RpcError) return;
    context.note("an image volume with readonly false was taken");
    await answer.start();
    expect(await write(answer, `${VOLUME}/content/new`), "writing to the volume").to.match(READ_ONLY);
  },
);

behaviour(
  "MNT-024",
  {
    title: "image_sub_path mounts a part of the image",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.image_sub_path: the folder of the image to mount in place of all of it (KEP-4639)",
    critest: "[k8s.io] Image Volume [Feature:ImageVolume] subPath should succeed when using a valid subPath",
  },
  async (context) => {
    const { sandbox, mounting } = await runImageVolumePod(context);

    const container = await sandbox.startContainer(mounting({ imageSubPath: "content" }));

    const files = await container.output(sh(`cd ${VOLUME} && find . -type f`));
    expect(files.trim().split("\n"), "files in the volume").to.have.members(["./known", "./folder/nested"]);
    const known = await container.execSync(["cat", `${VOLUME}/known`]);
    expect(known.stdout, "content of a file in it").to.equal("known content\n");
  },
);

behaviour(
  "MNT-025",
  {
    title: "A sub path that does not exist or escapes the image is refused",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "ListContainers"],
    clause:
      "Mount.image_sub_path, image, host_path: a folder inside a local image, and no host_path beside it (KEP-4639)",
    critest: "[k8s.io] Image Volume [Feature:ImageVolume] subPath should fail when subPath does not exist in the image",
  },
  async (context) => {
    const { sandbox, mounting } = await runImageVolumePod(context);
    const hostPath = await context.tempFolder("volume");
    const wrong = {
      "a sub path that is not in the image": { imageSubPath: "no/such/folder" },
      "a sub path above the image": { imageSubPath: "../etc" },
      "an absolute sub path": { imageSubPath: "/etc" },
      "a link out of the image, absolute": { imageSubPath: "escape-absolute" },
      "a link out of the image, relative": { imageSubPath: "escape-relative" },
      "an image that is not on the node": { image: "critique.invalid/none:1" },
      "a host path beside the image": { hostPath },
    };

    for (const [what, change] of Object.entries(wrong)) {
      // Either step may find out.
      const start = async (): Promise<void> => (await sandbox.createContainer(mounting(change))).start();
      await expectError(start(), "any", `an image volume with ${what}`);
    }

    const state = { state: ContainerState.CONTAINER_RUNNING };
    const { containers } = await context.rpc.listContainers({ filter: { podSandboxId: sandbox.id, state } });
    expect(
      containers.map(({ id }) => id),
      "containers that run nevertheless",
    ).to.deep.equal([]);
  },
);
