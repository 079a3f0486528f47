import { baseLayer } from "./base-layer.js";
import type { Busybox } from "./busybox.js";
import { buildImage, type BuiltImage } from "./image.js";

/** The image of a pod sandbox's own process: sleeps until it is told to stop, reaping what it inherits meanwhile. */
export function buildPauseImage(busybox: Busybox): Promise<BuiltImage> {
  const script = 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done';
  return buildImage({
    platforms: [
      {
        platform: { os: "linux", architecture: busybox.architecture },
        layers: [{ entries: baseLayer(busybox) }],
        config: { Env: ["PATH=/bin"], Entrypoint: ["/bin/busybox", "sh", "-c", script] },
      },
    ],
  });
}
