import { RpcError } from "../cri/rpc-error.js";

/** An error that nobody waited for, such as a rejection in a callback of a spec. */
export class StrayError extends Error {
  override name = "StrayError";
}

let listener: ((error: StrayError) => void) | undefined;

/** Catches stray errors until it is disposed of, so that a run can be wound up; without it one ends the process. */
export function catchStrayErrors(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  listener = (error) => controller.abort(error);
  return { signal: controller.signal, [Symbol.dispose]: () => (listener = undefined) };
}

/**
 * A call that failed is no reason to end a run: a spec that fails early leaves calls under way behind, and what becomes of
 * them says nothing more.
 *
 * @returns false when nobody catches them
 */
export function handOverStrayError(cause: unknown): boolean {
  if (cause instanceof RpcError) return listener !== undefined;
  const why = cause instanceof Error ? cause.message : String(cause);
  listener?.(new StrayError(`an error that nobody waited for: ${why}`, { cause }));
  return listener !== undefined;
}
