import type { Loop } from "./sequential.js";

/** Measures attempts with so many workers, each of which starts its next attempt when its last one is concluded. */
export async function runInParallel(
  { signal, next, finished }: Loop,
  samples: number,
  concurrency: number,
): Promise<void> {
  let started = 0;
  const work = async () => {
    while (started < samples && !signal.aborted) {
      started++;
      const iteration = next("run");
      await iteration.prepare();
      await iteration.measure();
      await iteration.conclude();
      finished(iteration);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, samples) }, work));
}
