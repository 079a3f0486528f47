import { BusyboxNotFoundError, findBusybox, hostArchitecture } from "../../images/busybox.js";
import { buildImage } from "../../images/image.js";
import type { CriConnection } from "../../cri/client.js";
import { RpcError } from "../../cri/rpc-error.js";
import { printable } from "../../config/printable.js";
import { startRegistry } from "../../registry/registry.js";
import { about, type Diagnosis } from "./diagnosis.js";

const PULL_TIMEOUT_MS = 6_000;

/** What CRI-O has to be told to pull from a registry on loopback (containers-registries.conf.d(5)). */
const CRIO_DROP_IN = '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true';

/** The programs of the hermetic test images. */
export async function checkBusybox(): Promise<Diagnosis[]> {
  const { fine, fatal } = about("test images");
  try {
    const { path, architecture } = await findBusybox();
    return [fine(`built from ${path} (${architecture})`)];
  } catch (error) {
    if (!(error instanceof BusyboxNotFoundError)) throw error;
    return [fatal("no static busybox is on this host", "apt-get install busybox-static, or use --images public")];
  }
}

/** Pulls an image without content from a registry on loopback, and removes it: can the runtime reach and trust it? */
export async function checkRegistry(connection: CriConnection, runtimeName: string): Promise<Diagnosis[]> {
  const { fine, fatal } = about("registry");
  const rpc = connection.rpc({ timeoutMs: PULL_TIMEOUT_MS });
  await using registry = await startRegistry();
  const platform = { os: "linux", architecture: hostArchitecture };
  const files = [{ path: "doctor", type: "file" as const, content: "critique doctor\n" }];
  registry.add(
    "doctor",
    ["latest"],
    await buildImage({ platforms: [{ platform, config: {}, layers: [{ entries: files }] }] }),
  );
  const image = { image: registry.reference("doctor", "latest") };
  try {
    await rpc.pullImage({ image });
    await rpc.removeImage({ image });
    return [fine("the runtime pulls from the suite's registry on loopback")];
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return [
      fatal(
        `the runtime cannot pull from the suite's registry at ${registry.host}: ${error.codeName}: ${printable(error.details)}`,
        registryRemedy(runtimeName),
      ),
    ];
  }
}

function registryRemedy(runtimeName: string): string {
  if (/cri-?o/i.test(runtimeName)) {
    return `write this to /etc/containers/registries.conf.d/50-critique.conf and restart CRI-O:\n${CRIO_DROP_IN}`;
  }
  if (/docker/i.test(runtimeName)) {
    return 'add "127.0.0.0/8" to insecure-registries in /etc/docker/daemon.json and restart Docker';
  }
  return "let the runtime use plain HTTP for 127.0.0.1 and no proxy for it (NO_PROXY), or use --images public";
}
