import type { Fault } from "../fault.js";
import { CONTAINER_CONFIG_FAULTS } from "./container-config.js";
import { CONTAINER_STATE_FAULTS } from "./container-state.js";
import { EXEC_FAULTS } from "./exec.js";
import { IMAGE_FAULTS } from "./images.js";
import { OBSERVABILITY_FAULTS } from "./observability.js";
import { RUNTIME_FAULTS } from "./runtime.js";
import { SANDBOX_FAULTS } from "./sandboxes.js";
import { STREAMING_FAULTS } from "./streaming.js";

/** What real runtimes have been seen to do wrong, or could as well. */
export function semanticFaults(): Fault[] {
  return [
    ...RUNTIME_FAULTS,
    ...SANDBOX_FAULTS,
    ...CONTAINER_STATE_FAULTS,
    ...CONTAINER_CONFIG_FAULTS,
    ...EXEC_FAULTS,
    ...STREAMING_FAULTS,
    ...IMAGE_FAULTS,
    ...OBSERVABILITY_FAULTS,
  ];
}
