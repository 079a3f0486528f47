import { behaviour, expect, randomLayer, type Image } from "../../src/harness/index.js";
import { listed, pull, statusOf } from "./calls.js";

const ZEROS = "0".repeat(64);

behaviour(
  "IMG-005",
  {
    title: "ImageStatus answers the same for id, tag and digest references",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "ImageStatusRequest.image: an id, a tag or a digest names the image",
    critest: "[k8s.io] Image Manager image status should support all kinds of references [Conformance]",
  },
  async ({ rpc, images }) => {
    const {
      references: [tag],
    } = await images.removable("all-references", ["all"]);
    await pull(rpc, tag);

    const byTag = await statusOf(rpc, tag);
    const byId = await statusOf(rpc, byTag?.id ?? "");
    const byDigest = await statusOf(rpc, byTag?.repoDigests[0] ?? "");

    expect(byTag, "ImageStatus by tag").to.have.fields({ repoTags: [tag] });
    const expected = byTag && comparable(byTag);
    expect(byId && comparable(byId), "ImageStatus by id").to.deep.equal(expected);
    expect(byDigest && comparable(byDigest), "ImageStatus by digest").to.deep.equal(expected);
  },
);

const comparable = ({ id, repoTags, repoDigests, size, uid, username }: Image) => ({
  id,
  repoTags: [...repoTags].sort(),
  repoDigests: [...repoDigests].sort(),
  size: size.toString(),
  uid: uid?.value.toString(),
  username,
});

/** What an image's USER says, and what ImageStatus makes of it. */
const USERS = [
  { image: "user-uid", uid: 1002n, username: "" },
  { image: "user-name", uid: undefined, username: "www-data" },
  { image: "user-uid-group", uid: 1003n, username: "" },
  { image: "user-name-group", uid: undefined, username: "www-data" },
];

behaviour(
  "IMG-006",
  {
    title: "Numeric and named image users are reported separately",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "ListImages"],
    clause: "Image.uid, username: one of them, without the group; the kubelet's runAsNonRoot rests on it",
    critest: "[k8s.io] Image Manager image status get image fields should not have Uid|Username empty [Conformance]",
  },
  async ({ rpc, images }) => {
    for (const { image, uid, username } of USERS) {
      const reference = await images.ensure(image);
      const status = await statusOf(rpc, reference);
      const [entry] = await listed(rpc, status?.id ?? "");
      for (const [source, seen] of Object.entries({ ImageStatus: status, ListImages: entry })) {
        expect(seen?.uid?.value, `${source}: Image.uid of ${image}`).to.equal(uid);
        expect(seen?.username, `${source}: Image.username of ${image}`).to.equal(username);
      }
    }
  },
);

behaviour(
  "IMG-014",
  {
    title: "One identifier names the image in all APIs",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus", "CreateContainer", "ListContainers", "ContainerStatus"],
    clause: "PullImageResponse.image_ref, Image.id, Container.image_id, ContainerStatus.image_id: one and the same",
    critest:
      "[k8s.io] Image Identifier Consistency should return the same image identifier across all APIs [Conformance]",
  },
  async ({ runtime, rpc, images }) => {
    const reference = await images.ensure("busybox");
    const pulled = await pull(rpc, reference);

    const container = await runtime.startContainer();

    const inStatus = (await statusOf(rpc, reference))?.id;
    const inList = (await rpc.listImages({})).images.filter(({ repoTags }) => repoTags.includes(reference));
    const { containers } = await rpc.listContainers({ filter: { id: container.id } });
    expect(inStatus, "Image.id from ImageStatus").to.equal(pulled);
    expect(
      inList.map(({ id }) => id),
      "Image.id from ListImages",
    ).to.deep.equal([pulled]);
    expect(containers[0]?.imageId, "Container.image_id").to.equal(pulled);
    expect((await container.status()).imageId, "ContainerStatus.image_id").to.equal(pulled);
  },
);

behaviour(
  "IMG-015",
  {
    title: "The identifier does not depend on the registry it came from",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "ListImages"],
    clause: "PullImageResponse.image_ref, Image.id: by content, whichever registry it came from",
    needs: ["own-registry"],
    critest:
      "[k8s.io] Image Identifier Consistency should return the same image identifier when pulled from different registries [Conformance]",
  },
  async ({ rpc, images }) => {
    const image = await images.buildOwn();
    const here = images.publish(image);
    const elsewhere = images.publish(image, { registry: await images.startRegistry("127.0.0.2") });

    const first = await pull(rpc, here.reference);
    const second = await pull(rpc, elsewhere.reference);

    expect(second, "image_ref of the second pull").to.equal(first);
    const entries = await listed(rpc, first);
    expect(entries, "entries of ListImages with this id").to.have.length(1);
    expect(entries[0]?.repoTags, "Image.repo_tags").to.have.members([here.reference, elsewhere.reference]);
    expect(entries[0]?.repoDigests, "Image.repo_digests").to.have.members([
      here.digestReference,
      elsewhere.digestReference,
    ]);
  },
);

behaviour(
  "IMG-016",
  {
    title: "ImageStatus of an unknown image is OK and empty",
    level: "required",
    rpcs: ["ImageStatus"],
    clause: "ImageStatusResponse.image: unset for an unknown image; an error breaks the pull policy IfNotPresent",
  },
  async ({ rpc, names }) => {
    for (const image of [`localhost/${names.next()}:1`, ZEROS, `localhost/${names.next()}@sha256:${ZEROS}`]) {
      for (const verbose of [false, true]) {
        const reply = await rpc.imageStatus({ image: { image }, verbose });
        expect(reply.image?.id, `ImageStatus(${image}, verbose ${verbose}).image`).to.equal(undefined);
      }
    }
  },
);

behaviour(
  "IMG-017",
  {
    title: "Images always have id and positive size",
    level: "required",
    rpcs: ["ListImages", "ImageStatus"],
    clause: "Image.id, size: never empty or 0; the kubelet rejects such a status and collects garbage by size",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const sizeBytes = 1024 * 1024;
    const { reference } = await images.publishOwn({ layers: [randomLayer(sizeBytes, names.next())] });
    await pull(rpc, reference);
    await images.ensure("busybox");

    const { images: all } = await rpc.listImages({});

    expect(
      all.filter(({ id }) => id === ""),
      "entries of ListImages without id",
    ).to.be.empty;
    expect(
      all.filter(({ size }) => size === 0n).map(({ id }) => id),
      "entries of ListImages with size 0",
    ).to.be.empty;
    expect(new Set(all.map(({ id }) => id)).size, "number of different ids in ListImages").to.equal(all.length);

    const status = await statusOf(rpc, reference);
    const entry = all.find(({ id }) => id === status?.id);
    expect(status?.size, "Image.size from ImageStatus").to.equal(entry?.size);
    // Compressed or unpacked, the random bytes are what there is; runtimes count blocks, manifests and config as well.
    expect(Number(status?.size), "Image.size").to.be.within(0.3 * sizeBytes, 3 * sizeBytes);
  },
);

const TAG = /^([a-zA-Z0-9.-]*[.:][a-zA-Z0-9.:-]*|localhost)\/[a-z0-9._/-]+:[\w][\w.-]{0,127}$/;
const DIGEST = /^([a-zA-Z0-9.-]*[.:][a-zA-Z0-9.:-]*|localhost)\/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$/;

behaviour(
  "IMG-018",
  {
    title: "repo_tags and repo_digests are fully qualified and well formed",
    level: "required",
    rpcs: ["ListImages"],
    clause: "Image.repo_tags, repo_digests: registry host, path, and tag or digest",
    needs: ["own-registry"],
  },
  async ({ rpc, images }) => {
    const tagged = await images.publishOwn();
    const digested = await images.publishOwn();

    // The images that other specs pull at the time come under all kinds of names; these two are known.
    for (const reference of [tagged.repository, digested.digestReference]) {
      const [image] = await listed(rpc, await pull(rpc, reference));
      expect(image, `entry of ListImages of ${reference}`).to.not.equal(undefined);
      image?.repoTags.forEach((tag) => expect(tag, "Image.repo_tags").to.match(TAG));
      image?.repoDigests.forEach((digest) => expect(digest, "Image.repo_digests").to.match(DIGEST));
      expect(image?.repoDigests ?? [], "Image.repo_digests").to.not.be.empty;
    }
  },
);
