import type { Scenario } from "../core/scenario.js";
import { attach } from "./attach.js";
import { execStream } from "./exec-stream.js";
import { stdinThroughput, stdoutThroughput } from "./exec-throughput.js";
import { portForward } from "./port-forward.js";
import { portForwardThroughput } from "./port-forward-throughput.js";
import { TRANSPORTS } from "./streams.js";

/** The scenarios of streaming, each over each transport. */
export const streamingScenarios: readonly Scenario[] = [
  execStream,
  attach,
  stdinThroughput,
  stdoutThroughput,
  portForward,
  portForwardThroughput,
].flatMap((scenario) => TRANSPORTS.map((transport) => scenario(transport)));
