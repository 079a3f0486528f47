/** How a test does what a document says. */
export type Rehearsal =
  /** The arguments of critique, changed only in what names this machine or takes long. */
  | { args: string[]; code: number }
  /** Why no test can do it. */
  | { why: string };

/** Commands of other programs, and those that would take all of the time there is. */
const NOT_TRIED: readonly (readonly [RegExp, string])[] = [
  [/^npm run quickstart$/, "installs packages on the machine; what it calls is tried one by one"],
  [/^npm (test|ci|run build|run check|run generate|run format|run lint)\b/, "runs or builds these very tests"],
  [/^npm (pack|install --global)/, "the test of the package does it"],
  [/^(docker|kubectl|sonobuoy|cp|git) /, "another program, which is not here"],
  [/^(node dist\/tools\/|CRITIQUE_TEST_RUNS=)/, "takes a full run"],
  [/^source <\(critique completion bash\)$/, "the test of the help completes words with it"],
  [/\bprove --lab\b/, "takes minutes; the tests of critique prove run it"],
  [/^critique proxy\b/, "runs until it is stopped; its own tests stop it"],
  [/^critique (certify (?!init)|report\b|run .*--resume\b)/, "needs an earlier complete run; its own tests have one"],
  [/^critique compare --target/, "needs two runtimes; the tests of the targets have them"],
  [
    /--runtime-handler (kata|crun)|--handlers runc,crun|--lab=crun|--runtime-handler runsc/,
    "needs a handler that not every machine has",
  ],
  [/^critique lab exec -- crictl pods$/, "the README has the same with crictl ps"],
  [/^critique lab up --containerd/, "needs a second containerd"],
];

const SOCKET = /unix:\/\/\/run\/(?:containerd\/containerd|crio\/crio|old|new)\.sock/g;

/**
 * Turns a command of a document into one for a test: at the lab's endpoint instead of the one named, with one quick spec
 * or few samples where the document wants many.
 *
 * @param endpoint of a lab that is up
 */
export function rehearse(command: string, endpoint: string): Rehearsal {
  const line = command.replace(/^node bin\/critique\.js\b/, "critique").replace(/^npx critique\b/, "critique");
  const found = NOT_TRIED.find(([pattern]) => pattern.test(line));
  if (found) return { why: found[1] };
  const [program, ...words] = splitWords(line.replace(SOCKET, endpoint));
  if (program !== "critique") throw new Error(`no test does "${command}"; do it in test/package/rehearsal.ts`);
  // All specs of the earlier run were as expected, so there is nothing to run again.
  return { args: shortened(words, endpoint), code: line.includes("--rerun-failed") ? 2 : 0 };
}

function shortened(words: readonly string[], endpoint: string): string[] {
  const [command = ""] = words;
  // crictl is on few machines; that a program runs where the lab lives is what the command shows.
  if (command === "lab") return words.map((word) => (word === "crictl" ? "ls" : word === "ps" ? "/" : word));
  const has = (...flags: string[]) => words.some((word) => flags.includes(word));
  // One command with a lab of its own is enough; measuring in one takes twice as long.
  const isMeasured = command === "bench" || command === "compare";
  const placed = isMeasured ? words.map((word) => (word === "--lab" ? `--runtime-endpoint=${endpoint}` : word)) : words;
  const quick = placed.map((word) => (word.includes(".p99 <") ? word.replace(/<.*/, "< 600s") : word));
  if (["run", "bench", "doctor"].includes(command) && !has("--lab", "-r")) quick.push("-r", endpoint);
  // The last one of an option counts.
  if (command === "run" && !has("--rerun-failed")) quick.push("--ids", "RTI-001");
  if (isMeasured) quick.push("--samples", "2", "--warmup", "1");
  return quick;
}

/** Words as a shell splits them, as far as documents need it: single quotes keep blanks. */
export function splitWords(line: string): string[] {
  return (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ""));
}
