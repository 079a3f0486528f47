import { UsageError } from "../config/errors.js";
import type { Invocation } from "./invocation.js";

/**
 * The handler of the lab that a command shall start for itself (empty: the lab's default), or undefined when it shall
 * start none. A lab and an endpoint exclude each other, and the one from the stronger source wins: `--lab` overrides
 * CONTAINER_RUNTIME_ENDPOINT, and an endpoint on the command line overrides `lab` in a configuration file.
 *
 * @throws UsageError when one source asks for both, or for two handlers
 */
export function chosenLab({ options, sources }: Invocation): string | undefined {
  const lab = sources.get("lab");
  const endpoint = sources.get("runtimeEndpoint") ?? sources.get("imageEndpoint");
  if (!lab || options.lab === undefined) return undefined;
  if (endpoint && endpoint.rank < lab.rank) return undefined;
  if (endpoint?.rank === lab.rank) {
    throw new UsageError(`${lab.name} and ${endpoint.name} exclude each other: a lab has its own endpoint; drop one.`);
  }
  const { lab: handler, runtimeHandler = handler } = options;
  if (handler !== "" && handler !== runtimeHandler) {
    throw new UsageError(
      `${lab.name} asks for the handler "${handler}" and --runtime-handler for "${runtimeHandler}"; give one of them.`,
    );
  }
  return runtimeHandler;
}
