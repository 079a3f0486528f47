import { baseLayer } from "../images/base-layer.js";
import { findBusybox, hostArchitecture, type Busybox } from "../images/busybox.js";
import { buildImage, type BuiltImage, type ImageConfig, type LayerSpec } from "../images/image.js";
import { startRegistry, type Registry } from "../registry/registry.js";
import { NotApplicable } from "./outcome.js";
import type { Names } from "./ownership.js";
import type { TestImages } from "./test-images.js";

/** An image of a spec's own, in a repository that no other spec has. */
export interface PublishedImage {
  /** `HOST:PORT/REPOSITORY`, without tag or digest. */
  repository: string;
  /** The repository's name in the registry, for faults and the access log. */
  name: string;
  /** The registry that serves it. */
  registry: Registry;
  /** Reference by the first tag. */
  reference: string;
  /** Reference by the digest of the index or manifest. */
  digestReference: string;
  image: BuiltImage;
}

/** What an image of a spec's own is made of. */
export interface OwnImageOptions {
  /** Default: one layer with one small file that no other image has. */
  layers?: readonly LayerSpec[];
  /** Put the layer of `busybox` below the others, so that containers run from it. */
  withBusybox?: boolean;
  config?: ImageConfig;
  /** In Go's words; default this machine's. */
  architecture?: string;
}

/** Where an image of a spec's own is served. */
export interface PublishOptions {
  /** Default `latest`. */
  tags?: readonly string[];
  /** Default the suite's own. */
  registry?: Registry;
}

/** References of an image that a spec may remove. */
export interface RemovableImage {
  /** One per tag, all of them names of the same image. */
  references: [string, ...string[]];
  /** Reference by digest. */
  digestReference: string;
}

/** What `SpecImages` needs from the run. */
export interface SpecImagesParts {
  shared: TestImages;
  names: Names;
  /** Makes a declared test image available on the runtime. */
  ensure: (name: string) => Promise<string>;
  /** Waits until no other spec holds a reference, and holds it until the spec's end. */
  hold: (reference: string) => Promise<void>;
  /** Runs at clean-up. */
  defer: (step: () => Promise<void>) => void;
}

/** Tells an image apart from all others, also those with the same content. */
const OWNER_LABEL = "critique.image";

let busybox: Promise<Busybox> | undefined;

/** Test images as a spec uses them. */
export class SpecImages {
  constructor(private readonly parts: SpecImagesParts) {}

  /** Reference of a declared test image, which may not be on the runtime yet. */
  reference(name: string, tag?: string): string {
    return this.parts.shared.reference(name, tag);
  }

  /** A declared test image as it was built, for comparing what a runtime says of it. */
  built(name: string, tag?: string): Promise<BuiltImage> {
    const { build } = this.parts.shared;
    if (!build) throw publicImages();
    return build(name, tag);
  }

  /** Makes a declared test image available on the runtime and returns its reference. */
  ensure(name: string): Promise<string> {
    return this.parts.ensure(name);
  }

  /** The suite's own registry; the spec declares that it needs `own-registry`. */
  get registry(): Registry {
    const { registry } = this.parts.shared;
    if (!registry) throw publicImages();
    return registry;
  }

  /**
   * Starts a registry of the spec's own, which ends with the spec.
   * @param host 127.0.0.2 for a host that is not the suite's registry's
   */
  async startRegistry(host = "127.0.0.1"): Promise<Registry> {
    const registry = await startRegistry({ host });
    this.parts.defer(() => registry.close());
    return registry;
  }

  /** Builds an image whose id no other image has, even one with equal content. */
  async buildOwn({ withBusybox = false, config = {}, ...options }: OwnImageOptions = {}): Promise<BuiltImage> {
    const owner = this.parts.names.next();
    const { architecture = hostArchitecture, layers = [textLayer("name", owner)] } = options;
    const base = withBusybox ? [{ entries: baseLayer(await (busybox ??= findBusybox())) }] : [];
    return buildImage({
      platforms: [
        {
          platform: { os: "linux", architecture },
          layers: [...base, ...layers],
          config: { ...config, Labels: { ...config.Labels, [OWNER_LABEL]: owner } },
        },
      ],
    });
  }

  /** Serves an image under a repository of the spec's own. */
  publish(image: BuiltImage, { tags = ["latest"], registry = this.registry }: PublishOptions = {}): PublishedImage {
    const name = `spec/${this.parts.names.next()}`;
    registry.add(name, tags, image);
    const repository = `${registry.host}/${name}`;
    return {
      repository,
      name,
      registry,
      reference: tags[0] === undefined ? repository : `${repository}:${tags[0]}`,
      digestReference: `${repository}@${image.root.digest}`,
      image,
    };
  }

  /** Builds an image whose id no other image has and serves it under a repository of the spec's own. */
  async publishOwn({ tags, registry, ...options }: OwnImageOptions & PublishOptions = {}): Promise<PublishedImage> {
    return this.publish(await this.buildOwn(options), { ...(tags && { tags }), ...(registry && { registry }) });
  }

  /**
   * References of an image that the spec may remove, which the runtime does not have yet: one of its own, or, in a run
   * with public images, the declared one, which no other spec has in the meantime.
   * @param name the declared image to take in a run with public images
   */
  async removable(name: string, tags: readonly [string, ...string[]]): Promise<RemovableImage> {
    const { shared, hold } = this.parts;
    if (shared.registry) {
      const { repository, digestReference } = await this.publishOwn({ tags });
      const [first, ...others] = tags.map((tag) => `${repository}:${tag}`);
      return { references: [first ?? repository, ...others], digestReference };
    }
    const [first, ...others] = tags;
    const references: [string, ...string[]] = [
      shared.reference(name, first),
      ...others.map((tag) => shared.reference(name, tag)),
    ];
    await hold(references[0]);
    return { references, digestReference: references[0] };
  }
}

/** A layer with one text file. */
export function textLayer(path: string, content: string): LayerSpec {
  return { entries: [{ type: "file", path, content }] };
}

/** A layer with one file of bytes that cannot be compressed; the seed tells it from all others. */
export function randomLayer(sizeBytes: number, seed: string): LayerSpec {
  return { compression: "none", entries: [{ type: "file", path: "random", content: { sizeBytes, seed } }] };
}

const publicImages = (): NotApplicable =>
  new NotApplicable("the run uses public images; the spec needs the suite's own registry", "options");
