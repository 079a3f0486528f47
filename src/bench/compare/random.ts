/** A reproducible source of numbers from 0 up to, not including, 1. */
export type Random = () => number;

/**
 * Marsaglia's xorshift with 32 bits of state (Journal of Statistical Software 8(14), 2003): the same numbers for the same
 * seed on every machine, which is what an order of measurement and a bootstrap need.
 */
export function seededRandom(seed: number): Random {
  // The state must not be 0; this multiplier spreads small seeds over all bits.
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}

/** The items in a random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
