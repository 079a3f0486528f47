import type { Compression } from "./compression.js";
import type { ImageConfig } from "./image.js";
import type { ManifestFormat } from "./media-types.js";

/** A test image as fixtures/images/images.yaml declares it. */
export interface DeclaredImage {
  /** The repository's name, and the name by which specs ask for it. */
  readonly name: string;
  /** What it is for. */
  readonly purpose: string;
  /** Names of one and the same image; empty when there are variants. */
  readonly tags: readonly string[];
  /** Tags that name an image each; `${variant}` in contents becomes the tag. */
  readonly variants: readonly string[];
  /** Whether specs refer to it by tag or by digest. */
  readonly pullBy: "tag" | "digest";
  /** Machines in Go's words; undefined for this host's alone. `${architecture}` in contents becomes the machine. */
  readonly architectures: readonly string[] | undefined;
  readonly format: ManifestFormat;
  /** Whether an index leads to the manifests. */
  readonly index: boolean;
  readonly config: ImageConfig;
  readonly layers: readonly DeclaredLayer[];
  /** The public image that serves the same purpose, for every tag or by tag. */
  readonly publicReferences: string | Readonly<Record<string, string>> | undefined;
}

export interface DeclaredLayer {
  readonly compression: Compression;
  /** Whether it holds what `baseLayer` gives, besides its entries. */
  readonly isBase: boolean;
  readonly entries: readonly DeclaredEntry[];
}

interface DeclaredAttributes {
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** As a layer's entry, except that contents may be named rather than given. */
export type DeclaredEntry =
  | (DeclaredAttributes & { readonly type: "file"; readonly content: DeclaredContent })
  | (DeclaredAttributes & { readonly type: "directory" })
  | (DeclaredAttributes & { readonly type: "symlink"; readonly target: string })
  | { readonly type: "hardlink"; readonly path: string; readonly target: string }
  | { readonly type: "whiteout" | "opaque"; readonly path: string };

/** Text, a number of incompressible bytes, or a program that this tool brings along or found on this host. */
export type DeclaredContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "random"; readonly sizeBytes: number }
  | { readonly kind: "program"; readonly program: "effective-uid" | "busybox" };

/** All tags of an image, the one that is meant when none is given first. */
export function tagsOf(image: DeclaredImage): readonly string[] {
  return image.variants.length > 0 ? image.variants : image.tags;
}
