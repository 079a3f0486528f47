import type { ImageCatalogue } from "./catalogue.js";
import { askedImage, ImageNotAvailableError, type ImageSource } from "./image-source.js";
import type { TestImageOverrides } from "./overrides.js";

export interface PublicImagesOptions {
  readonly catalogue: ImageCatalogue;
  /** A mirror, `HOST[:PORT][/PATH]`, in place of the public registries' hosts; paths below the host stay. */
  readonly registryPrefix?: string;
  /** Used as they are, without the prefix. */
  readonly overrides?: TestImageOverrides;
}

/** The declared images as public registries, or a mirror of them, have them. */
export function publicImages({ catalogue, registryPrefix, overrides = new Map() }: PublicImagesOptions): ImageSource {
  return {
    reference(name, askedTag) {
      const { image, tag, override } = askedImage(catalogue, overrides, name, askedTag);
      if (override !== undefined) return override;
      const { publicReferences } = image;
      const reference = typeof publicReferences === "object" ? publicReferences[tag] : publicReferences;
      if (reference === undefined) {
        throw new ImageNotAvailableError(
          `Test image "${name}" has no public equivalent; use --images hermetic, or name one in --test-images-file.`,
        );
      }
      return registryPrefix === undefined ? reference : withPrefix(reference, registryPrefix);
    },
    close: () => Promise.resolve(),
  };
}

function withPrefix(reference: string, prefix: string): string {
  return `${prefix.replace(/\/+$/, "")}${reference.slice(reference.indexOf("/"))}`;
}
