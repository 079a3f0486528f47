import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { REPO_ROOT } from "./repo-root.js";

/** Specs of critest that stand together, with where they run. */
export interface CritestGroup {
  name: string;
  titles: string[];
}

/** Reads fixtures/critest-specs.txt: what critest checks. */
export async function readCritestGroups(): Promise<CritestGroup[]> {
  const text = await readFile(join(REPO_ROOT, "fixtures/critest-specs.txt"), "utf8");
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [name = "", ...lines] = part.split("\n");
      return { name, titles: lines.filter((line) => line !== "") };
    });
}
