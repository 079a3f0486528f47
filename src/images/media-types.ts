import type { Compression } from "./compression.js";

/** Whose media types an image carries: the OCI image-spec's or Docker's schema 2. */
export type ManifestFormat = "oci" | "docker";

interface MediaTypes {
  readonly index: string;
  readonly manifest: string;
  readonly config: string;
  readonly layer: Readonly<Partial<Record<Compression, string>>>;
}

/** The media types of both formats (OCI image-spec, media-types.md, which also lists Docker's). */
export const mediaTypes: Readonly<Record<ManifestFormat, MediaTypes>> = {
  oci: {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: {
      none: "application/vnd.oci.image.layer.v1.tar",
      gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
      zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
    },
  },
  docker: {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: { gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip" },
  },
};
