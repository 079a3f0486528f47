import { buildDeclaredImage } from "./build-declared.js";
import type { Busybox } from "./busybox.js";
import { loadImageCatalogue } from "./catalogue.js";
import { ImageBuildError } from "./layer.js";
import type { BuiltImage } from "./image.js";

/** The image of a pod sandbox's own process, for a runtime that has none yet. */
export async function buildPauseImage(busybox: Busybox): Promise<BuiltImage> {
  const declared = (await loadImageCatalogue()).get("pause");
  if (declared === undefined) throw new ImageBuildError('images.yaml does not declare "pause"; add it again.');
  return buildDeclaredImage(declared, undefined, busybox);
}
