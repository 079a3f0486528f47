import type { RepositoryAuth } from "./auth.js";
import type { ContentBlob, Digest, ManifestDocument, ServableImage } from "./content.js";
import type { Effect } from "./fault-effects.js";

/** An image and the tags that point at it. */
export interface TaggedImage {
  readonly tags: readonly string[];
  readonly image: ServableImage;
}

/** One repository: its content, who may read it, and how it misbehaves. */
export class Repository {
  readonly effects = new Set<Effect>();
  auth: RepositoryAuth | undefined;
  readonly #tags = new Map<string, ManifestDocument>();
  readonly #documents = new Map<string, ManifestDocument>();
  readonly #blobs = new Map<string, ContentBlob>();
  readonly #configs = new Set<string>();
  #fill: (() => Promise<readonly TaggedImage[]>) | undefined;
  #filled: Promise<void> | undefined;

  constructor(readonly name: string) {}

  /** Adds an image and points tags at it; a tag that exists moves. */
  add(tags: readonly string[], image: ServableImage): void {
    for (const document of image.documents.values()) {
      this.#documents.set(document.digest, document);
      const { config } = JSON.parse(document.bytes.toString()) as { config?: { digest: Digest } };
      if (config !== undefined) this.#configs.add(config.digest);
    }
    for (const blob of image.blobs.values()) this.#blobs.set(blob.digest, blob);
    for (const tag of tags) this.#tags.set(tag, image.root);
  }

  /** Has `build` called for the images when they are first asked for. */
  addOnDemand(build: () => Promise<readonly TaggedImage[]>): void {
    this.#fill = build;
    this.#filled = undefined;
  }

  /** Waits for images that are built on demand. */
  ready(): Promise<void> {
    this.#filled ??= this.#build();
    return this.#filled;
  }

  async #build(): Promise<void> {
    for (const { tags, image } of (await this.#fill?.()) ?? []) this.add(tags, image);
  }

  removeTag(tag: string): void {
    this.#tags.delete(tag);
  }

  get tags(): string[] {
    return [...this.#tags.keys()].sort();
  }

  /** The document that a tag or a digest names. */
  document(reference: string): ManifestDocument | undefined {
    return this.#tags.get(reference) ?? this.#documents.get(reference);
  }

  blob(digest: string): { readonly kind: "config" | "layer"; readonly content: ContentBlob } | undefined {
    const content = this.#blobs.get(digest);
    return content && { kind: this.#configs.has(digest) ? "config" : "layer", content };
  }
}
