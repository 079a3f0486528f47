import { behaviour, expect, sh, textLayer } from "../../src/harness/index.js";
import { expectAbsent, listed, pull, remove, statusOf } from "./calls.js";

behaviour(
  "IMG-001",
  {
    title: "Image pulled by tag can be found and removed",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "ListImages", "RemoveImage"],
    clause: "ImageService: an image is there from PullImage until RemoveImage",
    critest: "[k8s.io] Image Manager public image with tag should be pulled and removed [Conformance]",
  },
  async ({ rpc, images }) => {
    const {
      references: [reference],
    } = await images.removable("pull-by-tag", ["test"]);

    const id = await pull(rpc, reference);

    expect(id, "PullImageResponse.image_ref").to.not.equal("");
    expect(await statusOf(rpc, reference), "ImageStatus.image").to.have.fields({ id, repoTags: [reference] });
    expect(await listed(rpc, id), "entries of ListImages with this id").to.have.length(1);

    await remove(rpc, reference);

    await expectAbsent(rpc, { id, references: [reference] }, "after RemoveImage");
  },
);

behaviour(
  "IMG-002",
  {
    title: "Pull without tag means latest",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "RemoveImage"],
    clause: "ImageSpec.image: a reference without tag and digest means the tag latest",
    critest: "[k8s.io] Image Manager public image without tag should be pulled and removed [Conformance]",
  },
  async ({ rpc, images }) => {
    const {
      references: [latest],
    } = await images.removable("pull-latest", ["latest"]);
    const untagged = latest.replace(/:latest$/, "");

    await pull(rpc, untagged);

    expect(await statusOf(rpc, untagged), "ImageStatus.image").to.have.fields({ repoTags: [latest] });

    await remove(rpc, untagged);

    await expectAbsent(rpc, { references: [untagged, latest] }, "after RemoveImage");
  },
);

behaviour(
  "IMG-003",
  {
    title: "Image pulled by digest has a digest and no tag",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "RemoveImage"],
    clause: "Image.repo_tags, repo_digests: names that the image was pulled by, no invented ones",
    critest: "[k8s.io] Image Manager public image with digest should be pulled and removed [Conformance]",
  },
  async ({ rpc, images }) => {
    const { digestReference } = await images.removable("pull-by-digest", ["1"]);

    await pull(rpc, digestReference);

    expect(await statusOf(rpc, digestReference), "ImageStatus.image").to.have.fields({
      repoTags: [],
      repoDigests: [digestReference],
    });

    await remove(rpc, digestReference);

    await expectAbsent(rpc, { references: [digestReference] }, "after RemoveImage");
  },
);

behaviour(
  "IMG-009",
  {
    title: "Removing by one tag removes the image with all of its tags",
    level: "required",
    rpcs: ["RemoveImage", "ImageStatus", "ListImages"],
    clause: "RemoveImage: removes the image, whichever of its names is given",
    critest: "[k8s.io] Image Manager removing image by one tag should remove all tags [Conformance]",
  },
  async ({ rpc, images }) => {
    const { references } = await images.removable("same", ["1", "2", "3"]);

    for (const by of ["tag", "id", "digest"] as const) {
      for (const reference of references) await pull(rpc, reference);
      const image = await statusOf(rpc, references[0]);
      const id = image?.id ?? "";
      const names = { tag: references[1] ?? "", id, digest: image?.repoDigests[0] ?? "" };
      expect(names[by], `the ${by} of the image`).to.not.equal("");

      await remove(rpc, names[by]);

      await expectAbsent(rpc, { id, references }, `after RemoveImage by ${by}`);
    }
  },
);

behaviour(
  "IMG-010",
  {
    title: "Removal by one tag crosses registries",
    level: "required",
    rpcs: ["PullImage", "RemoveImage", "ImageStatus"],
    clause: "RemoveImage: removes the image, whichever registries it was pulled from",
    needs: ["own-registry"],
    critest:
      "[k8s.io] Image Manager removing image from one registry should remove all tags from other registries [Conformance]",
  },
  async ({ rpc, images }) => {
    const image = await images.buildOwn();
    const here = images.publish(image);
    const elsewhere = images.publish(image, { registry: await images.startRegistry("127.0.0.2") });
    const id = await pull(rpc, here.reference);
    await pull(rpc, elsewhere.reference);

    await remove(rpc, here.reference);

    await expectAbsent(rpc, { id, references: [here.reference, elsewhere.reference] }, "after RemoveImage");
  },
);

behaviour(
  "IMG-011",
  {
    title: "Image is gone from list and status immediately after removal",
    level: "required",
    rpcs: ["RemoveImage", "ListImages", "ImageStatus"],
    clause: "RemoveImage: no later call returns the image",
    critest: "[k8s.io] Image Consistency should not list or get image status immediately after removal [Conformance]",
  },
  async ({ rpc, images }) => {
    const { references } = await images.removable("pull-by-tag", ["test"]);

    for (let cycle = 1; cycle <= 10; cycle++) {
      const id = await pull(rpc, references[0]);
      await remove(rpc, references[0]);
      await expectAbsent(rpc, { id, references }, `right after removal ${cycle}`);
    }
  },
);

behaviour(
  "IMG-013",
  {
    title: "Simultaneous RemoveImage calls all succeed",
    level: "required",
    rpcs: ["RemoveImage", "ListImages", "ImageStatus"],
    clause: "RemoveImage: idempotent, and no answer before the image is gone",
    critest: "[k8s.io] Image Consistency should not fail on simultaneous RemoveImage calls [Conformance]",
  },
  async ({ rpc, images }) => {
    const { references } = await images.removable("pull-by-tag", ["test"]);
    const id = await pull(rpc, references[0]);

    await Promise.all(
      Array.from({ length: 5 }, async (_, call) => {
        await remove(rpc, id);
        await expectAbsent(rpc, { id, references }, `after the answer to call ${call + 1}`);
      }),
    );
  },
);

behaviour(
  "IMG-038",
  {
    title: "Unused image can be removed while another image sharing layers is in use",
    level: "required",
    rpcs: ["RemoveImage", "ExecSync", "CreateContainer"],
    clause: "RemoveImage: what other images need stays",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, names }) => {
    const sharedText = `${names.next()}\n`;
    const shared = textLayer("shared", sharedText);
    const [used, unused] = [
      await images.publishOwn({ withBusybox: true, layers: [shared, textLayer("own", "used\n")] }),
      await images.publishOwn({ withBusybox: true, layers: [shared, textLayer("own", "unused\n")] }),
    ];
    await pull(rpc, used.reference);
    await pull(rpc, unused.reference);
    const sandbox = await runtime.borrowSandbox();
    const before = await sandbox.startContainer({ image: { image: used.reference } });

    await remove(rpc, unused.reference);

    await expectAbsent(rpc, { references: [unused.reference] }, "after RemoveImage");
    const everything = sh("/bin/find / -xdev -type f -exec /bin/cat {} + >/dev/null");
    expect((await before.execSync(everything)).exitCode, "exit code of reading all files in the container").to.equal(0);
    const after = await sandbox.startContainer({ image: { image: used.reference } });
    for (const [which, container] of Object.entries({ running: before, new: after })) {
      const files = await container.output(["/bin/cat", "/shared", "/own"]);
      expect(files, `files of the ${which} container`).to.equal(`${sharedText}used\n`);
    }
  },
);
