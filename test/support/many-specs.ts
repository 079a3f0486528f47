// Runs so many specs against a fake runtime and prints the used heap at the start and after each thousand of them.

import { makeSpec } from "../../src/harness/spec.js";
import { runSpecs } from "./run-specs.js";

/** A series has a thousand ids. */
const SERIES = ["CTR", "SBX", "IMG", "EXE", "ERR"] as const;

const count = Number(process.argv[2]);
const { gc } = globalThis;
if (!gc) throw new Error("many-specs needs node --expose-gc.");
const heapBytes: number[] = [];
const measure = (): void => {
  gc();
  heapBytes.push(process.memoryUsage().heapUsed);
};

let started = 0;
const specs = Array.from({ length: count }, (_, index) =>
  makeSpec(
    `${SERIES[index % SERIES.length]}-${String(Math.floor(index / SERIES.length)).padStart(3, "0")}`,
    { title: "a synthetic spec", level: "required", rpcs: ["Version"], clause: "none" },
    async ({ runtime, rpc }) => {
      if (++started % 1000 === 0) measure();
      await (await runtime.runSandbox()).status();
      await rpc.version({});
    },
  ),
);
measure();
const startedMs = performance.now();
const { results } = await runSpecs(specs);
const { passed } = results.counts;
if (passed !== count) throw new Error(`${passed} of ${count} specs passed.`);
console.log(JSON.stringify({ heapBytes, msPerSpec: (performance.now() - startedMs) / count }));
