import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Container, sh, type SpecContext, until } from "../../src/harness/index.js";

/** What only a process that goes on where it was can have counted to: a new one begins at 0, and nobody bumps it. */
const BUMP = 1_000_000;

/** Counts in a file, and takes a leap when a file tells it to. */
export const COUNTER = sh(
  `i=0; while :; do if [ -e /bump ]; then i=$((i+${BUMP})); rm /bump; fi; ` +
    `i=$((i+1)); echo $i > /counter.new; mv /counter.new /counter; sleep 0.1; done`,
);

/** Where a counter is; 0 before it has begun. */
export async function countOf(container: Pick<Container, "execSync">): Promise<number> {
  return Number((await container.execSync(["/bin/cat", "/counter"])).stdout);
}

/** Lets a counter leap to where no new one gets, and returns where it is then. */
export async function bumped(container: Container): Promise<number> {
  await until("the counter to count", () => countOf(container));
  await container.execSync(["/bin/touch", "/bump"]);
  return until("the counter to leap", async () => {
    const count = await countOf(container);
    return count > BUMP && count;
  });
}

/** Waits until a counter has passed a number. */
export async function passes(container: Pick<Container, "execSync">, count: number): Promise<void> {
  let last = 0;
  await until(`the counter to pass ${count}`, async () => (last = await countOf(container)) > count, {
    seen: () => String(last),
    timeoutMs: 5_000, // it counts ten times a second
  });
}

/** Ends the spec where CRIU, which does the work for every runtime, is not installed. */
export async function needCriu({ notApplicable }: Pick<SpecContext, "notApplicable">): Promise<void> {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  for (const folder of folders) {
    const found = await access(`${folder}/criu`, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  notApplicable("the program criu is not installed on the node", "host");
}
