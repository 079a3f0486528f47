import { behaviour, expect, findInfo, parseInfo, type Image } from "../../src/harness/index.js";
import { listed, pull, statusOf } from "./calls.js";

behaviour(
  "IMG-007",
  {
    title: "Three different images appear as three entries",
    level: "required",
    rpcs: ["PullImage", "ListImages"],
    clause: "ListImagesResponse.images: one entry per image",
    critest: "[k8s.io] Image Manager listImage should get exactly 3 image in the result list [Conformance]",
  },
  async ({ rpc, images }) => {
    for (const tag of ["1", "2", "3"]) {
      const {
        references: [reference],
      } = await images.removable("distinct", [tag]);

      const id = await pull(rpc, reference);

      const entries = await listed(rpc, id);
      expect(entries.map(tagsOf), `repo_tags of the entries with the id of image ${tag}`).to.deep.equal([[reference]]);
    }
  },
);

const tagsOf = ({ repoTags }: Image): string[] => [...repoTags];

/**
 * The order of a list is the runtime's affair, and containerd's is another each time: one that is cut short lacks this
 * image in one of so many, on a node with a dozen.
 */
const LISTINGS = 30;

behaviour(
  "IMG-008",
  {
    title: "Three tags of one image appear as one entry with three repo_tags",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "ListImagesResponse.images: one entry per image, which has all of its tags",
    critest: "[k8s.io] Image Manager listImage should get exactly 3 repoTags in the result image [Conformance]",
  },
  async ({ rpc, images }) => {
    const { references } = await images.removable("same", ["1", "2", "3"]);

    const pulled: string[] = [];
    for (const reference of references) pulled.push(await pull(rpc, reference));

    expect([...new Set(pulled)], "different image_refs of the three pulls").to.have.length(1);
    for (let listing = 1; listing <= LISTINGS; listing++) {
      const entries = await listed(rpc, pulled[0] ?? "");
      expect(entries, `entries with this id in listing ${listing}`).to.have.length(1);
      expect(entries[0]?.repoTags, `Image.repo_tags in listing ${listing}`).to.have.members(references);
    }
    const status = await statusOf(rpc, pulled[0] ?? "");
    expect(status?.repoTags, "Image.repo_tags in ImageStatus").to.have.members(references);
  },
);

behaviour(
  "IMG-019",
  {
    title: "ListImages with a filter never invents entries and always includes the asked image",
    level: "recommended",
    rpcs: ["ListImages"],
    clause: "ImageFilter.image: entries that fit; a runtime may give more",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const asked = await images.publishOwn();
    const other = await images.publishOwn();
    const id = await pull(rpc, asked.reference);
    const untagged = await pull(rpc, other.digestReference);
    const filtered = async (image: string): Promise<string[]> =>
      (await rpc.listImages({ filter: { image: { image } } })).images.map((entry) => entry.id);
    const all = async (): Promise<string[]> => (await rpc.listImages({})).images.map((entry) => entry.id);

    // Other specs pull and remove at the same time, so an entry may be in only one of the lists around.
    const before = await all();
    const found = await filtered(asked.reference);
    const known = new Set([...before, ...(await all())]);

    expect(found, "ids of ListImages filtered by the first image").to.include(id);
    expect(await filtered(other.digestReference), "ids of ListImages filtered by a digest").to.include(untagged);
    expect(new Set(found).size, "number of different ids").to.equal(found.length);
    const ours = found.filter((entry) => known.has(entry));
    expect(ours, "entries that the unfiltered list has as well").to.deep.equal(found);
    expect(await filtered(`localhost/${names.next()}:1`), "ListImages filtered by an unknown image").to.be.an("array");
  },
);

behaviour(
  "IMG-039",
  {
    title: "The sandbox (pause) image is pinned",
    level: "recommended",
    rpcs: ["ListImages", "ImageStatus"],
    clause: "Image.pinned: asks the kubelet's garbage collection to spare the image, as every pod needs it",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, notApplicable }) => {
    const sandbox = await runtime.runSandbox();
    const name = findInfo(parseInfo((await sandbox.statusResponse(true)).info), "image");
    if (typeof name !== "string") return notApplicable("PodSandboxStatus does not say which image the sandbox runs");
    const pause = await statusOf(rpc, name);
    if (!pause) return notApplicable(`the sandbox runs "${name}", which is no image of the runtime's image service`);
    const ordinary = await images.publishOwn();
    const id = await pull(rpc, ordinary.reference);

    const [entry] = await listed(rpc, pause.id);
    expect(pause, "ImageStatus of the sandbox's image").to.have.fields({ pinned: true });
    expect(entry, "the sandbox's image in ListImages").to.have.fields({ pinned: true });
    expect((await listed(rpc, id))[0], "an ordinary image in ListImages").to.have.fields({ pinned: false });
  },
);
