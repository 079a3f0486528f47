import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { CoverageExceptions } from "../report/model.js";

const PATH = fileURLToPath(new URL("../../../fixtures/contract/coverage-exceptions.yaml", import.meta.url));

/** What no spec reaches, with the reason: fixtures/contract/coverage-exceptions.yaml. */
export async function readCoverageExceptions(): Promise<CoverageExceptions> {
  const lists = parse(await readFile(PATH, "utf8")) as Record<keyof CoverageExceptions, Entry[] | null>;
  const reasons = (entries: Entry[] | null): Record<string, string> =>
    Object.fromEntries((entries ?? []).flatMap(({ names, reason }) => names.map((name) => [name, reason])));
  return {
    notCalled: reasons(lists.notCalled),
    notSent: reasons(lists.notSent),
    notAsserted: reasons(lists.notAsserted),
  };
}

interface Entry {
  names: string[];
  reason: string;
}
