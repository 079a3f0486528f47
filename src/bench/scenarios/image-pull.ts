import { hostArchitecture } from "../../images/busybox.js";
import { buildImage } from "../../images/image.js";
import type { Compression } from "../../images/compression.js";
import { startRegistry, type Registry } from "../../registry/registry.js";
import { counted } from "../../support/counted.js";
import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";

const MIB = 1024 * 1024;

/** An image to pull: its size unpacked, in how many equal layers, packed how. */
interface PullVariant {
  name: string;
  sizeMib: number;
  layers: number;
  compression: Compression;
}

/** Each differs from the 8 MiB image in one respect. No layer exceeds 16 MiB: larger ones are packed anew for each pull. */
const VARIANTS: readonly PullVariant[] = [
  { name: "image-pull-1mib", sizeMib: 1, layers: 1, compression: "gzip" },
  { name: "image-pull-8mib", sizeMib: 8, layers: 1, compression: "gzip" },
  { name: "image-pull-64mib", sizeMib: 64, layers: 4, compression: "gzip" },
  { name: "image-pull-8mib-8layers", sizeMib: 8, layers: 8, compression: "gzip" },
  { name: "image-pull-8mib-32layers", sizeMib: 8, layers: 32, compression: "gzip" },
  { name: "image-pull-8mib-zstd", sizeMib: 8, layers: 1, compression: "zstd" },
  { name: "image-pull-8mib-uncompressed", sizeMib: 8, layers: 1, compression: "none" },
];

/** A pull of a cold image from a registry in this process, and the other image calls on it. */
function imagePull(variant: PullVariant): Scenario {
  const { name, sizeMib, layers, compression } = variant;
  return {
    name,
    title:
      `PullImage of ${sizeMib} MiB in ${counted(layers, "layer")} (${compression}) from loopback, ` +
      "ImageStatus, ListImages, RemoveImage",
    phases: ["pull", "status", "list", "remove"],
    async setUp({ rpc, cleanUpRpc }) {
      const registry = await startRegistry();
      const image = { image: await publish(registry, variant) };
      const remove = () => cleanUpRpc.removeImage({ image });
      const attempt = {
        async measure(laps: Laps) {
          await rpc.pullImage({ image });
          laps.mark("pull");
          const { image: status } = await rpc.imageStatus({ image });
          laps.mark("status");
          if (!status) throw new Error(`ImageStatus does not know ${image.image}, which was just pulled`);
          await rpc.listImages({});
          laps.mark("list");
          await rpc.removeImage({ image });
          laps.mark("remove");
        },
        // A no-op after success: the contract makes RemoveImage idempotent.
        conclude: async () => void (await remove()),
      };
      const cleanUp = async () => {
        await registry.close();
        await remove();
      };
      return { prepare: () => Promise.resolve(attempt), cleanUp };
    },
  };
}

async function publish(registry: Registry, { name, sizeMib, layers, compression }: PullVariant): Promise<string> {
  const entries = (layer: number) => [
    { type: "file" as const, path: `data-${layer}`, content: halfCompressible((sizeMib * MIB) / layers, layer) },
  ];
  const image = await buildImage({
    platforms: [
      {
        platform: { os: "linux", architecture: hostArchitecture },
        layers: Array.from({ length: layers }, (_, layer) => ({ entries: entries(layer), compression })),
        config: {},
      },
    ],
  });
  registry.add(name, ["bench"], image);
  return registry.reference(name, "bench");
}

/** Bytes that compress to about half their size, as programs do: hexadecimal digits of a small generator. */
function halfCompressible(sizeBytes: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(sizeBytes / 8));
  let state = seed + 1;
  for (let index = 0; index < words.length; index++) {
    // Multipliers of Numerical Recipes' 32-bit congruential generator; the low bits repeat soon, which does no harm here.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[index] = state;
  }
  return Buffer.from(Buffer.from(words.buffer).toString("hex"), "latin1").subarray(0, sizeBytes);
}

export const imagePullScenarios: readonly Scenario[] = VARIANTS.map(imagePull);
