import { parse } from "yaml";
import type { ImageCatalogue } from "./catalogue.js";
import { tagsOf } from "./declaration.js";
import { DeclarationError, Shape } from "./shape.js";

/** References that the user gives in place of test images, by `NAME` or `NAME:TAG`. */
export type TestImageOverrides = ReadonlyMap<string, string>;

/**
 * Reads a file of test images: a YAML mapping of names from the catalogue, with or without a tag, to references.
 *
 * @param file named in messages.
 * @throws DeclarationError when it is no such mapping or names an image that is not declared.
 */
export function parseOverrides(yaml: string, file: string, catalogue: ImageCatalogue): TestImageOverrides {
  const shape = new Shape(readYaml(yaml, file), file);
  const known = new Set(
    [...catalogue.values()].flatMap((image) => [image.name, ...tagsOf(image).map((tag) => `${image.name}:${tag}`)]),
  );
  return new Map(
    shape.keys.map((key) => {
      if (!known.has(key)) {
        throw new DeclarationError(
          `${file}: there is no test image "${key}", only ${[...catalogue.keys()].join(", ")}.`,
        );
      }
      return [key, shape.text(key)];
    }),
  );
}

function readYaml(yaml: string, file: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    throw new DeclarationError(
      `${file} is no YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
}
