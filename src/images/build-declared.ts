import { baseLayer } from "./base-layer.js";
import { hostArchitecture, type Busybox } from "./busybox.js";
import type { DeclaredContent, DeclaredEntry, DeclaredImage, DeclaredLayer } from "./declaration.js";
import { effectiveUidProgram } from "./effective-uid-program.js";
import { buildImage, type BuiltImage } from "./image.js";
import type { CompressedLayers } from "./layer.js";
import type { FileEntry, LayerEntry } from "./layer-entry.js";

/** Names the declaration that an image was built from, which also gives every image an id of its own. */
export const nameLabel = "critique.image";

/**
 * Builds a declared image, or one variant of it. Images for other machines than this one get the same programs under the
 * other machine's name: they can be selected and pulled, not run.
 *
 * @throws ImageBuildError when the declaration cannot be built.
 */
export function buildDeclaredImage(
  image: DeclaredImage,
  variant: string | undefined,
  busybox: Busybox,
  compressed?: CompressedLayers,
): Promise<BuiltImage> {
  const { name, format, index, config, architectures = [hostArchitecture] } = image;
  const label = variant === undefined ? name : `${name}:${variant}`;
  const platforms = architectures.map((architecture) => {
    const expand = (text: string) =>
      text.replaceAll("${architecture}", architecture).replaceAll("${variant}", variant ?? "");
    return {
      platform: { os: "linux", architecture },
      layers: image.layers.map((layer) =>
        toLayer(layer, busybox, (content, path) => toContent(content, `${label}:${path}`, busybox, expand)),
      ),
      config: { ...config, Labels: { ...config.Labels, [nameLabel]: label } },
    };
  });
  return buildImage({ platforms, format, index }, compressed);
}

type ReadContent = (content: DeclaredContent, path: string) => FileEntry["content"];

function toLayer({ isBase, compression, entries }: DeclaredLayer, busybox: Busybox, read: ReadContent) {
  const declared = entries.map((entry) => toEntry(entry, read));
  return { compression, entries: isBase ? [...baseLayer(busybox), ...declared] : declared };
}

function toEntry(entry: DeclaredEntry, read: ReadContent): LayerEntry {
  return entry.type === "file" ? { ...entry, content: read(entry.content, entry.path) } : entry;
}

function toContent(
  content: DeclaredContent,
  seed: string,
  busybox: Busybox,
  expand: (text: string) => string,
): FileEntry["content"] {
  switch (content.kind) {
    case "text":
      return expand(content.text);
    case "random":
      return { sizeBytes: content.sizeBytes, seed };
    case "program":
      return content.program === "busybox" ? busybox.contents : effectiveUidProgram(busybox.architecture);
  }
}
