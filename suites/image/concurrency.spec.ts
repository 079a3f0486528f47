import { answerOf, behaviour, expect, randomLayer, RpcError, textLayer, until } from "../../src/harness/index.js";
import { listed, pull, remove, statusOf, underWay } from "./calls.js";

behaviour(
  "IMG-021",
  {
    title: "Parallel pulls of the same reference all succeed with the same result",
    level: "required",
    rpcs: ["PullImage", "ListImages"],
    clause: "PullImage: pods that start together pull one image at the same time",
  },
  async ({ rpc, images }) => {
    const {
      references: [reference],
    } = await images.removable("pull-by-tag", ["test"]);

    const pulled = await Promise.all(Array.from({ length: 10 }, () => pull(rpc, reference)));

    expect([...new Set(pulled)], "different image_refs").to.have.length(1);
    expect(await listed(rpc, pulled[0] ?? ""), "entries of ListImages with this id").to.have.length(1);
  },
);

behaviour(
  "IMG-022",
  {
    title: "Cancelling one of several concurrent pulls does not fail the others",
    level: "recommended",
    rpcs: ["PullImage"],
    clause: "PullImage: the kubelet cancels the pull of a pod that is deleted, not those of other pods",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, names }) => {
    const { registry } = images;
    const layer = randomLayer(1024 * 1024, names.next());
    const { reference, name } = await images.publishOwn({ withBusybox: true, layers: [layer] });
    const stall = registry.fault(name, { kind: "stall", afterBytes: 64 * 1024 });
    const isDownloading = () => registry.requests(name).some(({ bodyBytes }) => bodyBytes >= 64 * 1024);
    const cancel = new AbortController();

    const first = rpc
      .pullImage({ image: { image: reference } }, { signal: cancel.signal })
      .catch((error: unknown) => error);
    await until("the first pull to download a layer", isDownloading);
    const others = underWay(Promise.all([pull(rpc, reference), pull(rpc, reference)]));
    cancel.abort();
    await first;
    stall.undo();

    const pulled = await others;
    expect(pulled[1], "image_ref of the third pull").to.equal(pulled[0]);
    const container = await runtime.startContainer({ image: { image: reference } });
    expect(await container.output(["/bin/stat", "-c", "%s", "/random"]), "size of the layer's file").to.equal(
      `${1024 * 1024}\n`,
    );
  },
);

behaviour(
  "IMG-023",
  {
    title: "Parallel pulls of images sharing layers succeed",
    level: "required",
    rpcs: ["PullImage", "CreateContainer"],
    clause: "PullImage: images that share layers are pulled at the same time, and each is complete",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, names }) => {
    const common = [textLayer("common/first", names.next()), textLayer("common/second", names.next())];
    const published = await Promise.all(
      ["1", "2", "3", "4", "5"].map((own) =>
        images.publishOwn({ withBusybox: true, layers: [...common, textLayer("own", own)] }),
      ),
    );

    await Promise.all(published.map(({ reference }) => pull(rpc, reference)));

    const sandbox = await runtime.borrowSandbox();
    for (const [index, { reference }] of published.entries()) {
      const container = await sandbox.startContainer({ image: { image: reference } });
      expect(await container.output(["/bin/cat", "/own"]), `own file of image ${index + 1}`).to.equal(`${index + 1}`);
      await container.remove();
    }
  },
);

behaviour(
  "IMG-055",
  {
    title: "Pulling and removing an image at the same time leaves nothing half done",
    level: "required",
    rpcs: ["PullImage", "RemoveImage", "ImageStatus"],
    clause: "PullImage, RemoveImage: whatever came first, an image that is there is complete and can be pulled again",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, names, note }) => {
    const own = names.next();
    const layers = [textLayer("first", names.next()), textLayer("own", own)];
    const { reference } = await images.publishOwn({ withBusybox: true, layers });
    let [lostPulls, lostRemovals] = [0, 0];
    await pull(rpc, reference);

    for (let round = 1; round <= 5; round++) {
      // Either may lose the race, and a call whose image goes or comes under it may say so, but one of them is first.
      const [pulled, removed] = await Promise.all([answerOf(pull(rpc, reference)), answerOf(remove(rpc, reference))]);
      const refusals = [pulled, removed].flatMap((answer) => (answer instanceof RpcError ? [answer.message] : []));
      expect(refusals, `refusals in round ${round}, of two calls`).to.have.lengthOf.at.most(1);
      if (pulled instanceof RpcError) lostPulls++;
      if (removed instanceof RpcError) lostRemovals++;
      const id = await pull(rpc, reference);
      expect((await statusOf(rpc, reference))?.id, `ImageStatus.image.id after round ${round}`).to.equal(id);
    }
    note(`${lostPulls} of 5 pulls and ${lostRemovals} of 5 removals failed because of the other`);
    // An image that is being pulled now and then resists its removal, one that always does cannot be removed.
    expect(lostRemovals, "removals that failed beside a pull, of 5").to.be.below(5);

    const container = await runtime.startContainer({ image: { image: reference } });
    expect(await container.output(["/bin/cat", "/own"]), "file of the image").to.equal(own);
  },
);
