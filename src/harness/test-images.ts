import type { BuiltImage } from "../images/image.js";

/** The part of the suite's own registry that specs use. */
export interface ImageRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Serves an image in a repository under the given tags. */
  add(repository: string, tags: readonly string[], image: BuiltImage): void;
}

/** Where the declared test images come from. */
export interface TestImages {
  /** The image reference of a declared image. */
  reference(name: string): string;
  /** Present when the images come from the suite's own registry. */
  readonly registry?: ImageRegistry;
  close(): Promise<void>;
}
