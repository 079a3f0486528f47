import { EXIT } from "./exit-codes.js";
import { tell, type Terminal } from "./terminal.js";

/** Signals that ask a command to stop. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal ended the command before it had a result. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** Listens for signals until it is disposed of. */
export interface Interrupts extends Disposable {
  /** Aborted by the first signal, with an Interrupted error: what is under way shall be wound up. */
  readonly signal: AbortSignal;
}

/** The first signal asks for a graceful end; the second one ends the process at once. */
export function catchInterrupts(terminal: Terminal): Interrupts {
  return listen((name, count) => {
    if (count > 1) process.exit(EXIT.interrupted);
    tell(terminal, `critique: ${name} received: stopping and cleaning up; once more to stop at once`);
  });
}

/** No signal ends this process, because it has to clean up after another one. */
export function outliveInterrupts(): Interrupts {
  return listen(() => undefined);
}

/** Calls back for each signal, with how many there were; until it is disposed of. */
export function onInterrupt(react: (name: NodeJS.Signals, count: number) => void): Disposable {
  let count = 0;
  const onSignal = (name: NodeJS.Signals): void => react(name, ++count);
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  return {
    [Symbol.dispose]: () => {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
    },
  };
}

function listen(react: (name: NodeJS.Signals, count: number) => void): Interrupts {
  const controller = new AbortController();
  const subscription = onInterrupt((name, count) => {
    react(name, count);
    controller.abort(new Interrupted(`stopped by ${name}`));
  });
  return { signal: controller.signal, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}
