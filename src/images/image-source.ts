import type { ImageCatalogue } from "./catalogue.js";
import { tagsOf, type DeclaredImage } from "./declaration.js";
import type { TestImageOverrides } from "./overrides.js";

/** Where the declared test images come from. */
export interface ImageSource {
  /**
   * The reference that a runtime can pull a declared image by.
   *
   * @param tag one of the image's tags; default the first.
   * @throws UnknownImageError for a name or tag that is not declared.
   * @throws ImageNotAvailableError when this source does not have the image.
   */
  reference(name: string, tag?: string): string;
  close(): Promise<void>;
}

/** A name or tag that no declaration has: a mistake of the caller's. */
export class UnknownImageError extends Error {
  override readonly name = "UnknownImageError";
}

/** A declared image that this source cannot give; what needs it does not apply to the run. */
export class ImageNotAvailableError extends Error {
  override readonly name = "ImageNotAvailableError";
}

/** What `ImageSource.reference` was asked for. */
export interface AskedImage {
  readonly image: DeclaredImage;
  readonly tag: string;
  /** The reference that the user gave in its place. */
  readonly override: string | undefined;
}

/** @throws UnknownImageError for a name or tag that is not declared. */
export function askedImage(
  catalogue: ImageCatalogue,
  overrides: TestImageOverrides,
  name: string,
  tag: string | undefined,
): AskedImage {
  const image = catalogue.get(name);
  if (image === undefined) throw new UnknownImageError(`There is no test image "${name}"; declare it in images.yaml.`);
  const tags = tagsOf(image);
  const found = tag === undefined ? tags[0] : tags.find((candidate) => candidate === tag);
  if (found === undefined)
    throw new UnknownImageError(`Test image "${name}" has no tag "${tag}", only ${tags.join(", ")}.`);
  return { image, tag: found, override: overrides.get(`${name}:${found}`) ?? overrides.get(name) };
}
