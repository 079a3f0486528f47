import { behaviour, ContainerState, expect, randomLayer, remains, textLayer, until } from "../../src/harness/index.js";
import { expectAbsent, expectDeadline, listed, pull, remove, statusOf, underWay } from "./calls.js";

behaviour(
  "IMG-004",
  {
    title: "Pull obeys the client deadline",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "PullImage: ends with its deadline, and what it had begun does not appear later",
    needs: ["own-registry"],
    critest: "[k8s.io] Image Manager public image should timeout if requested [Conformance]",
  },
  async ({ rpc, images, names }) => {
    const { reference, name } = await images.publishOwn({ layers: [randomLayer(1024 * 1024, names.next())] });
    const stall = images.registry.fault(name, { kind: "stall", afterBytes: 64 * 1024 });

    await expectDeadline(rpc.pullImage({ image: { image: reference } }, { timeoutMs: 1000 }), "the stalled PullImage");
    // It takes its time for a runtime to learn that the call is over; then it hangs up, or it goes on with the pull.
    const isDownloading = () => images.registry.requests(name).some(({ isOpen }) => isOpen);
    await until("the runtime to hang up", () => !isDownloading(), { timeoutMs: 2_000 }).catch(() => undefined);
    stall.undo();

    // A runtime that went on would have the rest of the layer, from loopback, in a few milliseconds.
    await remains("ImageStatus.image to stay unset", async () => !(await statusOf(rpc, reference)), { forMs: 1000 });
    const id = await pull(rpc, reference);
    expect((await statusOf(rpc, reference))?.id, "ImageStatus.image.id after a pull in time").to.equal(id);
  },
);

behaviour(
  "IMG-012",
  {
    title: "Image is visible immediately after the pull returns",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "PullImage: the image is there when it returns",
    critest: "[k8s.io] Image Consistency should list and get image status immediately after pulling [Conformance]",
  },
  async ({ rpc, images }) => {
    const {
      references: [reference],
    } = await images.removable("pull-by-tag", ["test"]);

    for (let cycle = 1; cycle <= 10; cycle++) {
      const id = await pull(rpc, reference);
      const [entry, byTag, byId] = await Promise.all([
        listed(rpc, id).then((entries) => entries[0]),
        statusOf(rpc, reference),
        statusOf(rpc, id),
      ]);
      for (const [source, seen] of Object.entries({ ListImages: entry, "ImageStatus by tag": byTag, byId })) {
        expect(seen, `${source} right after pull ${cycle}`).to.have.fields({ id, repoTags: [reference] });
      }
      await remove(rpc, reference);
    }
  },
);

behaviour(
  "IMG-020",
  {
    title: "Pulling an image twice is idempotent",
    level: "required",
    rpcs: ["PullImage", "ListImages"],
    clause: "PullImage: the pull policy Always pulls an image again for every container",
  },
  async ({ rpc, images, note }) => {
    const {
      references: [reference],
    } = await images.removable("pull-by-tag", ["test"]);
    const first = await pull(rpc, reference);
    const [before] = await listed(rpc, first);

    const startedMs = performance.now();
    const second = await pull(rpc, reference);
    note(`the second pull took ${Math.round(performance.now() - startedMs)} ms`);

    expect(second, "image_ref of the second pull").to.equal(first);
    const after = await listed(rpc, first);
    expect(after, "entries of ListImages with this id").to.have.length(1);
    expect(after[0]?.repoTags, "Image.repo_tags").to.deep.equal([reference]);
    expect(after[0]?.repoDigests, "Image.repo_digests").to.deep.equal(before?.repoDigests);
  },
);

behaviour(
  "IMG-024",
  {
    title: "Tag moved in the registry is updated by the next pull",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "ListImages"],
    clause: "PullImage: asks the registry what a tag means now; a tag names one image",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const version = (text: string) => ({ withBusybox: true, layers: [textLayer("version", text)] });
    const { reference, name, repository } = await images.publishOwn({ ...version("v1"), tags: ["t"] });
    const old = await pull(rpc, reference);
    const container = await runtime.startContainer({ image: { image: reference } });

    images.registry.add(name, ["t"], await images.buildOwn(version("v2")));
    const moved = await pull(rpc, reference);

    expect(moved, "image_ref of the pull after the move").to.not.equal(old);
    expect((await statusOf(rpc, reference))?.id, "ImageStatus by tag: id").to.equal(moved);
    const [oldEntry] = await listed(rpc, old);
    expect(oldEntry, "the image in use in ListImages").to.have.fields({ id: old, repoTags: [] });
    const tagged = (await listed(rpc, repository)).filter(({ repoTags }) => repoTags.includes(reference));
    expect(
      tagged.map(({ id }) => id),
      "ids of ListImages with the tag",
    ).to.deep.equal([moved]);
    expect(await container.status(), "status of the old image's container").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    expect(await container.output(["/bin/cat", "/version"]), "content of the old image's container").to.equal("v1");
  },
);

behaviour(
  "IMG-027",
  {
    title: "Stalled pulls end, slow but progressing pulls do not",
    level: "recommended",
    rpcs: ["PullImage"],
    clause: "PullImage: one pull that hangs does not hold up others; one that makes progress is let finish",
    needs: ["own-registry"],
    tags: ["slow"],
    waits: true,
  },
  async ({ rpc, images, names }) => {
    const bytesPerSecond = 50 * 1024;
    // Twelve seconds: past the 10 s after which containerd looks for the first time whether a pull makes progress.
    const slow = await images.publishOwn({ layers: [randomLayer(12 * bytesPerSecond, names.next())] });
    images.registry.fault(slow.name, { kind: "slow", bytesPerSecond });
    const slowPull = underWay(pull(rpc, slow.reference));
    const stalled = await images.publishOwn({ layers: [randomLayer(64 * 1024, names.next())] });
    const stall = images.registry.fault(stalled.name, { kind: "stall" });

    const healthy = await images.publishOwn();

    const stalledPull = underWay(rpc.pullImage({ image: { image: stalled.reference } }, { timeoutMs: 3000 }));
    await pull(rpc, healthy.reference);

    await expectDeadline(stalledPull, "the stalled PullImage");
    await expectAbsent(rpc, { references: [stalled.reference] }, "after the stalled pull");
    stall.undo();
    await pull(rpc, stalled.reference);
    const id = await slowPull;
    expect((await statusOf(rpc, slow.reference))?.id, "ImageStatus.image.id after the slow pull").to.equal(id);
  },
);

behaviour(
  "IMG-057",
  {
    title: "What a pull says of its pod does not change which image it gives",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause:
      "PullImageRequest.sandbox_config, ImageSpec.annotations, user_specified_image, runtime_handler: context only",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const { reference, digestReference } = await images.publishOwn();
    const image = {
      image: digestReference,
      userSpecifiedImage: reference,
      runtimeHandler: runtime.handler,
      annotations: { "critique.dev/pull": "with context" },
    };

    const { imageRef } = await rpc.pullImage({ image, sandboxConfig: await runtime.podConfig() });

    expect((await rpc.imageStatus({ image })).image, "ImageStatus of the same ImageSpec").to.have.fields({
      id: imageRef,
      repoDigests: [digestReference],
    });
    expect(await pull(rpc, digestReference), "image_ref of a pull by the reference alone").to.equal(imageRef);
  },
);
