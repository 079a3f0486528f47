import type { HermeticImages } from "../images/hermetic-images.js";
import type { ImageSource } from "../images/image-source.js";

/** Where the declared test images come from; hermetic ones bring the registry that serves them. */
export type TestImages = ImageSource & Partial<Pick<HermeticImages, "registry" | "build">>;
