import { startRegistry, type Registry, type RegistryOptions } from "../registry/registry.js";
import { buildDeclaredImage } from "./build-declared.js";
import { findBusybox, type Busybox } from "./busybox.js";
import type { ImageCatalogue } from "./catalogue.js";
import { tagsOf, type DeclaredImage } from "./declaration.js";
import type { BuiltImage } from "./image.js";
import type { CompressedLayers } from "./layer.js";
import { askedImage, type ImageSource } from "./image-source.js";
import type { TestImageOverrides } from "./overrides.js";

export interface HermeticImagesOptions extends RegistryOptions {
  readonly catalogue: ImageCatalogue;
  /** Default the one that is found on this host. */
  readonly busybox?: Busybox;
  /** Used as they are, wherever they lead. */
  readonly overrides?: TestImageOverrides;
}

/** The declared images, built here and served by a registry inside of this process. */
export interface HermeticImages extends ImageSource, AsyncDisposable {
  /** Also for repositories of the caller's own. */
  readonly registry: Registry;
  /**
   * A declared image as it was built, for serving it elsewhere or for comparing what a runtime says of it.
   *
   * @throws UnknownImageError for a name or tag that is not declared.
   */
  build(name: string, tag?: string): Promise<BuiltImage>;
}

/**
 * Starts a registry with the declared images. Each is built when it is first asked for, those that are referred to by digest
 * at once.
 *
 * @throws BusyboxNotFoundError when this host has no static busybox.
 */
export async function startHermeticImages(options: HermeticImagesOptions): Promise<HermeticImages> {
  const { catalogue, busybox = await findBusybox(), overrides = new Map<string, string>() } = options;
  const workshop = new Workshop(busybox);
  const digests = new Map<string, string>();
  for (const image of catalogue.values()) {
    if (image.pullBy === "digest")
      digests.set(image.name, (await workshop.build(image, tagsOf(image)[0] ?? "")).root.digest);
  }
  const registry = await startRegistry(options);
  for (const image of catalogue.values()) registry.addOnDemand(image.name, () => workshop.buildAll(image));
  const close = () => registry.close();
  return {
    registry,
    reference(name, askedTag) {
      const { tag, override } = askedImage(catalogue, overrides, name, askedTag);
      return override ?? registry.reference(name, digests.get(name) ?? tag);
    },
    async build(name, askedTag) {
      const { image, tag } = askedImage(catalogue, overrides, name, askedTag);
      return workshop.build(image, tag);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Builds each image once, and layers that images share once. */
class Workshop {
  readonly #images = new Map<string, Promise<BuiltImage>>();
  readonly #compressed: CompressedLayers = new Map();

  constructor(readonly busybox: Busybox) {}

  build(image: DeclaredImage, tag: string): Promise<BuiltImage> {
    const variant = image.variants.length > 0 ? tag : undefined;
    const key = `${image.name}:${variant ?? ""}`;
    const built = this.#images.get(key) ?? buildDeclaredImage(image, variant, this.busybox, this.#compressed);
    this.#images.set(key, built);
    return built;
  }

  async buildAll(image: DeclaredImage) {
    const { tags, variants } = image;
    if (variants.length === 0) return [{ tags, image: await this.build(image, "") }];
    return Promise.all(variants.map(async (variant) => ({ tags: [variant], image: await this.build(image, variant) })));
  }
}
