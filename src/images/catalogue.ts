import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import {
  tagsOf,
  type DeclaredContent,
  type DeclaredEntry,
  type DeclaredImage,
  type DeclaredLayer,
} from "./declaration.js";
import type { ImageConfig } from "./image.js";
import { DeclarationError, Shape } from "./shape.js";

/** The declared test images by name. */
export type ImageCatalogue = ReadonlyMap<string, DeclaredImage>;

const shippedPath = fileURLToPath(new URL("../../../fixtures/images/images.yaml", import.meta.url));

/** The test images that come with the tool. */
export async function loadImageCatalogue(): Promise<ImageCatalogue> {
  return parseImageCatalogue(await readFile(shippedPath, "utf8"), "images.yaml");
}

/**
 * Reads declarations of test images.
 *
 * @param file named in messages.
 * @throws DeclarationError for anything that is missing, unknown or of the wrong kind.
 */
export function parseImageCatalogue(yaml: string, file: string): ImageCatalogue {
  const top = new Shape(parse(yaml, { merge: true }), file);
  const images = new Map<string, DeclaredImage>();
  for (const [position, item] of top.list("images").entries()) {
    const image = readImage(item, `${file}: image ${position + 1}`);
    if (images.has(image.name)) throw new DeclarationError(`${file}: "${image.name}" is declared twice; rename one.`);
    images.set(image.name, image);
  }
  top.finish();
  return images;
}

function readImage(value: unknown, position: string): DeclaredImage {
  const name = new Shape(value, position).text("name");
  const shape = new Shape(value, position.replace(/image \d+$/, name));
  const texts = (key: string) => shape.texts(key);
  const image: DeclaredImage = {
    name: shape.text("name"),
    purpose: shape.text("purpose"),
    tags: shape.optional("tags", texts, []),
    variants: shape.optional("variants", texts, []),
    pullBy: shape.optional("pullBy", (key) => shape.oneOf(key, ["tag", "digest"]), "tag"),
    architectures: shape.optional<string[] | undefined>("architectures", texts, undefined),
    format: shape.optional("format", (key) => shape.oneOf(key, ["oci", "docker"]), "oci"),
    index: shape.optional("index", (key) => shape.flag(key), true),
    config: shape.optional("config", (key) => readConfig(new Shape(shape.value(key), `${shape.where}: ${key}`)), {}),
    layers: shape.list("layers").map((layer, at) => readLayer(layer, `${shape.where}: layer ${at + 1}`)),
    publicReferences: shape.optional<DeclaredImage["publicReferences"]>(
      "public",
      (key) => readPublic(shape, key),
      undefined,
    ),
  };
  shape.finish();
  if ((image.tags.length === 0) === (image.variants.length === 0)) {
    throw new DeclarationError(`${shape.where}: give either tags or variants, and at least one.`);
  }
  for (const tag of typeof image.publicReferences === "object" ? Object.keys(image.publicReferences) : []) {
    if (!tagsOf(image).includes(tag))
      throw new DeclarationError(`${shape.where}: public: "${tag}" is none of its tags.`);
  }
  return image;
}

function readPublic(shape: Shape, key: string): DeclaredImage["publicReferences"] {
  return typeof shape.value(key) === "string" ? shape.text(key) : shape.textsByName(key);
}

function readConfig(shape: Shape): ImageConfig {
  const config: Record<string, unknown> = {};
  for (const key of ["User", "WorkingDir", "StopSignal"]) if (shape.has(key)) config[key] = shape.text(key);
  for (const key of ["Env", "Entrypoint", "Cmd"]) if (shape.has(key)) config[key] = shape.texts(key);
  for (const key of ["ExposedPorts", "Volumes"]) {
    if (shape.has(key)) config[key] = Object.fromEntries(shape.texts(key).map((name) => [name, {}]));
  }
  if (shape.has("Labels")) config.Labels = shape.textsByName("Labels");
  shape.finish();
  return config;
}

const compressions = ["none", "gzip", "zstd"] as const;

function readLayer(value: unknown, where: string): DeclaredLayer {
  const shape = new Shape(value === "base" ? { base: true } : value, where);
  const layer: DeclaredLayer = {
    compression: shape.optional("compression", (key) => shape.oneOf(key, compressions), "gzip"),
    isBase: shape.optional("base", (key) => shape.flag(key), false),
    entries: shape
      .optional("entries", (key) => shape.list(key), [])
      .map((entry, at) => readEntry(new Shape(entry, `${where}: entry ${at + 1}`))),
  };
  shape.finish();
  return layer;
}

const entryTypes = ["file", "directory", "symlink", "hardlink", "whiteout", "opaque"] as const;

/** An entry names its type and its path in one: `{ directory: tmp, mode: 0o1777 }`. */
function readEntry(shape: Shape): DeclaredEntry {
  const [type, ...others] = entryTypes.filter((candidate) => shape.has(candidate));
  if (type === undefined || others.length > 0) {
    throw new DeclarationError(`${shape.where} needs one of ${entryTypes.join(", ")} with a path.`);
  }
  const entry = readEntryOf(type, shape.text(type), shape);
  shape.finish();
  return entry;
}

function readEntryOf(type: (typeof entryTypes)[number], path: string, shape: Shape): DeclaredEntry {
  switch (type) {
    case "whiteout":
    case "opaque":
      return { type, path };
    case "hardlink":
      return { type, path, target: shape.text("target") };
    case "symlink":
      return { type, path, ...readAttributes(shape), target: shape.text("target") };
    case "directory":
      return { type, path, ...readAttributes(shape) };
    case "file":
      return { type, path, ...readAttributes(shape), content: readContent(shape) };
  }
}

function readAttributes(shape: Shape) {
  return {
    ...(shape.has("mode") ? { mode: shape.integer("mode") } : {}),
    ...(shape.has("uid") ? { uid: shape.integer("uid") } : {}),
    ...(shape.has("gid") ? { gid: shape.integer("gid") } : {}),
    ...(shape.has("xattrs") ? { xattrs: shape.textsByName("xattrs") } : {}),
  };
}

function readContent(shape: Shape): DeclaredContent {
  if (shape.has("random")) return { kind: "random", sizeBytes: shape.integer("random") };
  if (shape.has("program")) return { kind: "program", program: shape.oneOf("program", ["effective-uid", "busybox"]) };
  return { kind: "text", text: shape.text("content") };
}
