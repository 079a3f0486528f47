import { availableParallelism } from "node:os";
import { parseChoice, parsePath, parsePositiveDurationMs, parseText, parseWhole } from "../../config/parsers.js";
import { switchOption, valueOption } from "./definition.js";

/** How specs are executed, and with which images. */
export const RUN_OPTIONS = {
  parallel: valueOption({
    flag: "--parallel",
    argument: "N",
    commands: ["run"],
    group: "Running",
    help: "specs that run at the same time",
    example: "4",
    // Specs mostly wait for the runtime, so two per processor keep it busy; above eight runtimes gain nothing.
    default: Math.min(8, 2 * availableParallelism()),
    defaultText: "twice the processors, at most 8",
    parse: parseWhole(1),
  }),
  timeoutMs: valueOption({
    flag: "--timeout",
    argument: "D",
    commands: ["run"],
    group: "Running",
    help: "longest time for a spec that declares none of its own, such as 90s or 1m30s",
    example: "5m",
    // A pod of a VM-based handler takes some ten seconds to start.
    default: 120_000,
    defaultText: "2m",
    parse: parsePositiveDurationMs,
  }),
  failFast: switchOption({
    flag: "--fail-fast",
    commands: ["run"],
    group: "Running",
    help: "start no more specs after the first one that is not as expected",
  }),
  retries: valueOption({
    flag: "--retries",
    argument: "N",
    commands: ["run"],
    group: "Running",
    help: "try a failed spec again up to N times; one that then passes is flaky, never plainly passed",
    example: "2",
    default: 0,
    parse: parseWhole(0),
  }),
  seed: valueOption({
    flag: "--seed",
    argument: "N",
    commands: ["run"],
    group: "Running",
    help: "order in which specs start, as an earlier run printed it",
    example: "4711",
    defaultText: "drawn at random",
    parse: parseWhole(0),
  }),
  expectations: valueOption({
    flag: "--expectations",
    argument: "FILE",
    commands: ["run", "report", "report merge"],
    group: "Running",
    help: "known failures, an id or pattern a line with the reason in # lines above; they must fail; run also takes builtin, the suite's own list for the runtime",
    example: "known-failures.txt",
    parse: parsePath,
  }),
  images: valueOption({
    flag: "--images",
    argument: "SOURCE",
    commands: ["run", "bench"],
    group: "Images",
    help: "hermetic: built here and served on loopback; public: pulled from public registries",
    example: "public",
    default: "hermetic",
    parse: parseChoice(["hermetic", "public"] as const),
  }),
  registryPrefix: valueOption({
    flag: "--registry-prefix",
    argument: "P",
    commands: ["run", "bench"],
    group: "Images",
    help: "registry that stands in for the public ones, with --images public",
    example: "mirror.example.com/k8s",
    parse: parseText,
  }),
  testImagesFile: valueOption({
    flag: "--test-images-file",
    argument: "FILE",
    commands: ["run", "bench"],
    group: "Images",
    help: "YAML file with other references for test images, with --images public",
    example: "images.yaml",
    parse: parsePath,
  }),
};
