import { expect } from "../../src/harness/index.js";

/** Streams of the suite's own few objects end in milliseconds; the clients of the kubelet give up after a while as well. */
export const ENDS_WITHIN_MS = 5_000;

/** Reads a stream to its end, states that no message was empty, and gives the items of all. */
export async function collected<M, T>(
  what: string,
  stream: AsyncIterable<M>,
  itemsOf: (message: M) => readonly T[],
): Promise<T[]> {
  const items: T[] = [];
  let empty = 0;
  for await (const message of stream) {
    const some = itemsOf(message);
    if (some.length === 0) empty++;
    items.push(...some);
  }
  expect(empty, `messages of ${what} without an item`).to.equal(0);
  return items;
}

/** States that what was streamed is what was listed: each item once, with the same fields. */
export function expectSame<T extends object>(
  what: string,
  streamed: readonly T[],
  listed: readonly T[],
  idOf: (item: T) => string,
): void {
  expect(streamed.map(idOf), `ids of ${what}`).to.have.members(listed.map(idOf));
  for (const item of listed) {
    const same = streamed.find((other) => idOf(other) === idOf(item));
    if (same) expect(same, `${what}, ${idOf(item)}`).to.have.fields(item);
  }
}

export const idOf = ({ id }: { id: string }): string => id;
