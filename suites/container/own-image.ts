import type { SpecContext } from "../../src/harness/index.js";

type BusyboxConfig = Parameters<SpecContext["images"]["publishBusybox"]>[0];

/** An image like `busybox` with a configuration of the spec's own, present on the runtime. */
export async function pulledImage(
  { images, rpc }: Pick<SpecContext, "images" | "rpc">,
  config: BusyboxConfig,
): Promise<{ image: string }> {
  const { reference } = await images.publishBusybox(config);
  await rpc.pullImage({ image: { image: reference } });
  return { image: reference };
}
