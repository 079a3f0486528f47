/** A shell command of a test image. */
export const sh = (script: string): string[] => ["/bin/sh", "-c", script];

/** Stays until told to stop, and then goes at once: clean-up need not wait for a grace period. */
export const IDLE = sh("trap 'exit 0' TERM; sleep 2147483 & wait");
