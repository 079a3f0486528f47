/** A number with its noun, which takes an s unless it is one: `1 spec`, `2 specs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
