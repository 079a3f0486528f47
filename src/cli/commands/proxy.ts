import { join } from "node:path";
import { once } from "node:events";
import { EnvironmentError, UsageError } from "../../config/errors.js";
import { didYouMean } from "../../config/nearest.js";
import { allFaults, chooseFaults } from "../../prove/faults/catalogue.js";
import type { Fault } from "../../prove/faults/fault.js";
import { CriProxy, type ProxyTarget } from "../../prove/proxy/cri-proxy.js";
import { counted } from "../../support/counted.js";
import { createTempFolder } from "../../support/temp-folder.js";
import { connectRuntime } from "../connect-runtime.js";
import { EXIT } from "../exit-codes.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { printLine, tell } from "../terminal.js";

/** `critique proxy`: a CRI endpoint in front of a runtime, with or without a fault, until a signal ends it. */
export async function execute(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const fault = options.faults && onlyFault(options.faults);
  using runtime = await connectRuntime(invocation);
  using interrupts = catchInterrupts(terminal);
  const folder = await createTempFolder("proxy");
  const socketPath = options.socket ?? join(folder.path, "proxy.sock");
  let hits = 0;
  try {
    const { runtimeEndpoint, imageEndpoint } = runtime.connection;
    const proxy = await listen(socketPath, { runtime: runtimeEndpoint, image: imageEndpoint });
    try {
      if (fault) proxy.disturb(fault.make(() => hits++));
      if (!options.quiet) tell(terminal, `${fault?.title ?? "everything is passed on"}; a signal ends it`);
      printLine(terminal, `unix://${socketPath}`);
      if (!interrupts.signal.aborted) await once(interrupts.signal, "abort");
    } finally {
      await proxy.close();
    }
  } finally {
    await folder.remove();
  }
  if (fault && !options.quiet) tell(terminal, `${fault.id} changed something ${counted(hits, "time")}`);
  return EXIT.asExpected;
}

/** A proxy has one fault, so that what its user sees has one cause. */
function onlyFault(ids: readonly string[]): Fault {
  const faults = allFaults();
  const chosen = chooseFaults(faults, { ids });
  if (chosen.length === 1) return chosen[0]!;
  const known = faults.map(({ id }) => id);
  const found =
    chosen.length === 0
      ? `no fault${didYouMean(ids[0] ?? "", known)}`
      : `${chosen.length} faults, among them ${chosen[0]!.id}; a proxy takes exactly one`;
  throw new UsageError(`--faults ${ids.join(",")} names ${found}.`);
}

/** What leads to a runtime is for those only who may use the runtime itself. */
async function listen(socketPath: string, target: ProxyTarget): Promise<CriProxy> {
  const umask = process.umask(0o177);
  try {
    return await CriProxy.start(socketPath, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "something is there already" : (error as Error).message;
    throw new EnvironmentError(`The proxy cannot listen at ${socketPath}: ${why}; name a free path with --socket.`);
  } finally {
    process.umask(umask);
  }
}
