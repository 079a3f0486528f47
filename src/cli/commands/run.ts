import { chooseSpecs } from "../chosen-specs.js";
import { connectRuntime } from "../connect-runtime.js";
import type { Invocation } from "../invocation.js";
import { chosenLab } from "../lab-choice.js";
import { readBuiltinCapabilities, readGivenCapabilities } from "../read-capabilities.js";
import { BUILTIN, readBuiltinExpectations, readExpectations } from "../read-expectations.js";
import type { ShownBenchmarks } from "../shown-benchmarks.js";

/**
 * `critique run`: validates one runtime and writes reports. Everything the user may have said wrongly is found first; what
 * only a run itself needs is loaded last, so that an error comes at once.
 */
export async function execute(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  const labHandler = chosenLab(invocation);
  if (options.resume !== undefined) return resume(invocation, options.resume, labHandler);
  const { specs, knownIds } = await chooseSpecs(options);
  const isBuiltin = options.expectations === BUILTIN;
  const given =
    options.expectations === undefined || isBuiltin
      ? undefined
      : await readExpectations(options.expectations, knownIds);
  const givenCapabilities = await readGivenCapabilities(invocation);
  if (options.formats !== undefined) (await import("../report-formats.js")).chooseFormats(options.formats);
  const benchmarks = await drawBenchmarks(options.bench);
  if (labHandler !== undefined) {
    const { runInLab } = await import("../run-in-lab.js");
    return runInLab(invocation, labHandler);
  }
  using runtime = await connectRuntime(invocation);
  const builtin = isBuiltin ? await readBuiltinExpectations(invocation, runtime.identity, knownIds) : undefined;
  const declared = givenCapabilities ?? (await readBuiltinCapabilities(invocation, runtime.identity));
  const { validateRuntime } = await import("../validate-runtime.js");
  const expectations = given ?? builtin ?? (() => undefined);
  return await validateRuntime(invocation, { runtime, specs, expectations, declared, benchmarks });
}

/** Goes on with the run in a folder: with its specs, its known failures, its handler and at its endpoint. */
async function resume(invocation: Invocation, folder: string, labHandler: string | undefined): Promise<number> {
  const { readResumable, resumedInvocation, checkSameRuntime } = await import("../resume-run.js");
  const resumed = await readResumable(invocation, folder);
  const benchmarks = await drawBenchmarks(invocation.options.bench);
  if (labHandler !== undefined) {
    const { runInLab } = await import("../run-in-lab.js");
    return runInLab(invocation, labHandler);
  }
  const continued = resumedInvocation(invocation, resumed);
  using runtime = await connectRuntime(continued);
  checkSameRuntime(resumed, runtime.identity);
  const { validateRuntime } = await import("../validate-runtime.js");
  const { specs, expectations, stored } = resumed;
  return await validateRuntime(continued, {
    runtime,
    specs,
    expectations,
    declared: resumed.info.declared,
    benchmarks,
    resumed: stored,
  });
}

/** Drawing is the way to find out whether the file that `--bench` names can be shown. */
async function drawBenchmarks(path: string | undefined): Promise<ShownBenchmarks | undefined> {
  if (path === undefined) return undefined;
  const { namedBenchmarks } = await import("../shown-benchmarks.js");
  return namedBenchmarks(path);
}
