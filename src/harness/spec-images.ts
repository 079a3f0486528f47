import { baseLayer } from "../images/base-layer.js";
import { findBusybox, type Busybox } from "../images/busybox.js";
import { buildImage, type BuiltImage, type ImageConfig } from "../images/image.js";
import type { Registry } from "../registry/registry.js";
import { NotApplicable } from "./outcome.js";
import type { Names } from "./ownership.js";
import type { TestImages } from "./test-images.js";

/** An image of a spec's own, in a repository that no other spec has. */
export interface PublishedImage {
  /** `HOST:PORT/REPOSITORY`, without tag or digest. */
  repository: string;
  /** The repository's name in the registry, for faults and the access log. */
  name: string;
  /** Reference by the first tag. */
  reference: string;
  /** Reference by the digest of the index or manifest. */
  digestReference: string;
  image: BuiltImage;
}

let busybox: Promise<Busybox> | undefined;

/** Test images as a spec uses them. */
export class SpecImages {
  constructor(
    private readonly shared: TestImages,
    private readonly names: Names,
    private readonly pull: (name: string) => Promise<string>,
  ) {}

  /** Reference of a declared test image, which may not be on the runtime yet. */
  reference(name: string, tag?: string): string {
    return this.shared.reference(name, tag);
  }

  /** A declared test image as it was built, for comparing what a runtime says of it. */
  built(name: string, tag?: string): Promise<BuiltImage> {
    if (!this.shared.build) throw publicImages();
    return this.shared.build(name, tag);
  }

  /** Makes a declared test image available on the runtime and returns its reference. */
  ensure(name: string): Promise<string> {
    return this.pull(name);
  }

  /** The suite's own registry; the spec declares that it needs `own-registry`. */
  get registry(): Registry {
    const { registry } = this.shared;
    if (!registry) throw publicImages();
    return registry;
  }

  /** Serves an image under a repository of the spec's own, with the given tags. */
  publish(image: BuiltImage, tags: readonly string[] = ["latest"]): PublishedImage {
    const name = `spec/${this.names.next()}`;
    this.registry.add(name, tags, image);
    const repository = `${this.registry.host}/${name}`;
    return {
      repository,
      name,
      reference: tags[0] === undefined ? repository : `${repository}:${tags[0]}`,
      digestReference: `${repository}@${image.root.digest}`,
      image,
    };
  }

  /** Serves an image like `busybox` that says something else about how to run it. */
  async publishBusybox(config: ImageConfig): Promise<PublishedImage> {
    busybox ??= findBusybox();
    const found = await busybox;
    const image = await buildImage({
      platforms: [
        {
          platform: { os: "linux", architecture: found.architecture },
          layers: [{ entries: baseLayer(found) }],
          config,
        },
      ],
    });
    return this.publish(image);
  }
}

const publicImages = (): NotApplicable =>
  new NotApplicable("the run uses public images; the spec needs the suite's own registry", "options");
