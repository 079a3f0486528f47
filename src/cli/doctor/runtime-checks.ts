import { existsSync } from "node:fs";
import type { CriConnection } from "../../cri/client.js";
import { printable } from "../../config/printable.js";
import { listHandlers } from "../../config/runtime-handlers.js";
import { didYouMean } from "../../config/nearest.js";
import { loadSpecs } from "../../harness/catalogue.js";
import { capabilities } from "../../harness/features.js";
import { findNriSocket } from "../../harness/nri.js";
import type { Probe } from "../../harness/probe.js";
import { CNI_REMEDY } from "./cni-remedy.js";
import { about, type Diagnosis } from "./diagnosis.js";

const RPC_TIMEOUT_MS = 5_000;

/** Is there where systemd is the first process (sd_booted(3)). */
const SYSTEMD_MARK = "/run/systemd/system";

/** The runtime's own conditions (StatusResponse.status.conditions). */
export async function checkConditions(connection: CriConnection): Promise<Diagnosis[]> {
  const { status } = await connection.rpc({ timeoutMs: RPC_TIMEOUT_MS }).status({});
  return (status?.conditions ?? []).map(({ type, status: isTrue, reason, message }) => {
    const { fine, fatal, warning } = about(printable(type).slice(1, -1));
    if (isTrue) return fine("the runtime says it is ready");
    const why = `the runtime says no: ${printable(reason)}, ${printable(message)}`;
    if (type === "NetworkReady") return fatal(why, CNI_REMEDY);
    return type === "RuntimeReady" ? fatal(why, "look at the runtime's log and restart it") : warning(why);
  });
}

/** The handler that pods would use. */
export async function checkRuntimeHandler(connection: CriConnection, handler: string): Promise<Diagnosis[]> {
  const { fine, note, fatal } = about("handler");
  const names = await listHandlers(connection.rpc({ timeoutMs: RPC_TIMEOUT_MS }));
  if (names === undefined) {
    return [note("the runtime does not list its handlers; a run tries the one that is asked for")];
  }
  const list = names.join(", ");
  if (handler === "" || names.includes(handler)) {
    return [fine(`${handler === "" ? "the runtime's default" : handler}; the runtime has ${list}`)];
  }
  return [
    fatal(
      `the runtime has no handler "${handler}", only ${list}${didYouMean(handler, names)}`,
      "correct --runtime-handler, or add the handler to the runtime's configuration",
    ),
  ];
}

/** The cgroup driver, and the features without which specs do not apply. */
export async function checkFeatures(probe: Probe, nri: string): Promise<Diagnosis[]> {
  const [specs, nriSocket] = await Promise.all([loadSpecs(), findNriSocket(nri)]);
  const traits = { ownRegistry: true, exclusive: true, ...(nriSocket !== undefined && { nriSocket }) };
  const driver = judgeCgroupDriver(probe.cgroupDriver, existsSync(SYSTEMD_MARK));
  const missing = Object.entries(capabilities(probe, traits)).flatMap(([name, state]) => {
    const affected = specs.filter(({ info }) => info.needs.includes(name)).length;
    if (state === true || affected === 0) return [];
    return [about(name).note(`${state}: ${affected === 1 ? "1 spec does" : `${affected} specs do`} not apply`)];
  });
  return [driver, ...missing];
}

/** Whether the cgroup driver fits the host; the kubelet's has to be the same one in any case. */
export function judgeCgroupDriver(driver: "cgroupfs" | "systemd", hasSystemd: boolean): Diagnosis {
  const { fine, note, warning } = about("cgroup driver");
  if (driver === "systemd" && !hasSystemd) {
    // No more than a warning: from a container, the node's systemd cannot be seen.
    return warning(
      "systemd, which does not run here: where it does not run on the node either, no container can start",
      'set SystemdCgroup = false in containerd\'s runc options, or cgroup_manager = "cgroupfs" in CRI-O',
    );
  }
  if (driver === "cgroupfs" && hasSystemd) {
    return note(
      "cgroupfs, on a host whose systemd manages the same control groups",
      "prefer the driver systemd, in the runtime and in the kubelet alike",
    );
  }
  return fine(driver);
}
