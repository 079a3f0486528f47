import { readTextFile } from "../config/read-text-file.js";
import { UsageError } from "../config/errors.js";
import { loadImageCatalogue } from "../images/catalogue.js";
import { startHermeticImages, type HermeticImages } from "../images/hermetic-images.js";
import type { ImageSource } from "../images/image-source.js";
import { parseOverrides } from "../images/overrides.js";
import { publicImages } from "../images/public-images.js";
import type { OptionValues } from "./options.js";

/**
 * Opens the source of test images that the options ask for; the caller closes it.
 *
 * @throws UsageError or DeclarationError when the options do not fit or the file of test images is wrong
 * @throws BusyboxNotFoundError when there is nothing to build images from
 */
export async function openTestImages(options: OptionValues): Promise<ImageSource | HermeticImages> {
  const { images, registryPrefix, testImagesFile } = options;
  const catalogue = await loadImageCatalogue();
  const overrides =
    testImagesFile === undefined
      ? undefined
      : parseOverrides(await readTextFile(testImagesFile, "file of test images"), testImagesFile, catalogue);
  if (images === "public") {
    return publicImages({
      catalogue,
      ...(registryPrefix !== undefined && { registryPrefix }),
      ...(overrides && { overrides }),
    });
  }
  if (registryPrefix !== undefined) {
    throw new UsageError(
      `--registry-prefix "${registryPrefix}" is for public images; add --images public, or drop it.`,
    );
  }
  return startHermeticImages({ catalogue, ...(overrides && { overrides }) });
}
