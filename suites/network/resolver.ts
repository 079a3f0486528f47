import type { Container } from "../../src/harness/index.js";

/** What a resolv.conf(5) says, in its order. */
export interface Resolver {
  nameservers: string[];
  /** The domains of each search line: the last line counts, so there should be one. */
  searches: string[][];
  /** The options of each options line. */
  options: string[][];
}

/** The resolver configuration that a container sees. */
export async function resolverOf(container: Container): Promise<Resolver> {
  return parseResolver(await container.output(["cat", "/etc/resolv.conf"]));
}

/** Reads the text of a resolv.conf(5). */
export function parseResolver(text: string): Resolver {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const valuesOf = (keyword: string): string[][] =>
    lines.filter(([first]) => first === keyword).map(([, ...values]) => values);
  return { nameservers: valuesOf("nameserver").flat(), searches: valuesOf("search"), options: valuesOf("options") };
}
