import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { RunResults } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { Refusal, startFakeRuntime, type Answers, type FakeRuntime } from "../support/fake-runtime.js";
import { runCritique, type CritiqueEnd } from "./run-critique.js";

/** What a trouble can get at. */
interface Bench {
  /** Folder of the test's own; `out` in it is the report folder, `state` the state folder. */
  folder: string;
  runtime: FakeRuntime;
  /** Takes the runtime down and starts it again with other answers. */
  restart: (answers?: Answers) => Promise<void>;
  /** Takes the runtime down for good. */
  crash: () => Promise<void>;
  /** Sends signals to critique. */
  kill: (...signals: NodeJS.Signals[]) => void;
}

interface Trouble {
  what: string;
  /** How the runtime answers. */
  answers?: (bench: Bench) => Answers;
  /** Done before the start. */
  prepare?: (bench: Bench) => Promise<unknown>;
  ids?: string;
  args?: readonly string[];
  env?: (bench: Bench) => NodeJS.ProcessEnv;
  /** Expected exit code; null for a process that was killed. */
  code: number | null;
  /** How the run ended, in results.json; absent where there are no reports. */
  end?: string;
  /** Verdicts that the reports must have, and no others. */
  verdicts?: readonly string[];
  stderr?: RegExp;
  /** Pods that stay on the runtime; default none. */
  pods?: number;
  /** Ledgers that stay; default none. */
  ledgers?: number;
  finding?: RegExp;
}

const never = () => new Promise<never>(() => undefined);
const garbage = () => new Uint8Array([0xff, 0xff, 0xff, 0x07, 0x80]);
const refuse = (code: status, words: string) => () => Promise.reject(new Refusal(code, words));
const VERSION = { version: "0.1.0", runtimeName: "fake", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" };
const huge = "x".repeat(8 * 1024 * 1024);

/** The run waits in RunPodSandbox when the signals come. */
const signalled = (...signals: NodeJS.Signals[]) => ({
  answers: (bench: Bench): Answers => ({
    runPodSandbox: () => {
      bench.kill(...signals);
      return never();
    },
  }),
});

const STRAY = "data:text/javascript,process.on('SIGUSR2',()=>{Promise.reject(Error('stray'))})";

const TROUBLES: readonly Trouble[] = [
  // The runtime.
  { what: "no trouble at all", code: 0, end: "completed", verdicts: ["passed"] },
  {
    what: "the runtime restarts",
    answers: (bench) => ({ runPodSandbox: () => bench.restart().then(never) }),
    code: 1,
    end: "completed",
    verdicts: ["failed", "passed"],
  },
  {
    what: "one RPC hangs",
    answers: () => ({ podSandboxStatus: never }),
    args: ["--timeout", "1s"],
    code: 1,
    end: "completed",
    verdicts: ["failed"],
  },
  {
    what: "the runtime crashes and stays away",
    answers: (bench) => ({ runPodSandbox: () => bench.crash().then(never) }),
    code: 3,
    end: "runtimeLost",
    verdicts: ["broken", "notRun"],
    ledgers: 0,
  },
  {
    what: "every RPC hangs in the middle",
    answers: (bench) => {
      let hangs = false;
      const once = (): Promise<never> => ((hangs = true), never());
      return {
        runPodSandbox: once,
        version: () => (hangs ? never() : VERSION),
        listPodSandbox: () =>
          hangs ? never() : { items: [...bench.runtime.sandboxes].map(([id]) => ({ id })) as never },
        status: () => (hangs ? never() : {}),
      };
    },
    args: ["--timeout", "1s"],
    code: 3,
    end: "runtimeLost",
    verdicts: ["broken", "notRun"],
  },
  { what: "Version hangs", answers: () => ({ version: never }), code: 3, stderr: /Version/ },
  { what: "Status hangs", answers: () => ({ status: never }), code: 3, stderr: /Status/ },
  { what: "Version is garbage", answers: () => ({ version: garbage }), code: 3 },
  {
    what: "an answer is garbage",
    answers: () => ({ podSandboxStatus: garbage }),
    code: 1,
    end: "completed",
    verdicts: ["failed"],
  },
  {
    what: "the runtime has no CRI v1",
    answers: () => ({ version: refuse(status.UNIMPLEMENTED, "unknown service runtime.v1.RuntimeService") }),
    code: 3,
  },
  {
    what: "pods of others in a flood",
    answers: (bench) => ({
      listPodSandbox: () => ({
        items: [
          ...Array.from({ length: 50_000 }, (_, index) => ({ id: `foreign-${index}`, labels: { app: "web" } })),
          ...[...bench.runtime.sandboxes].map(([id, { config, state }]) => ({ id, state, labels: config.labels })),
        ] as never,
      }),
    }),
    ids: "SBX-004",
    code: 0,
    end: "completed",
    verdicts: ["passed"],
  },
  {
    what: "an answer with a text of 8 MiB",
    answers: () => ({ podSandboxStatus: () => ({ status: { id: huge, annotations: { huge } } as never }) }),
    code: 1,
    end: "completed",
    verdicts: ["failed"],
  },
  {
    what: "an empty id",
    answers: () => ({ runPodSandbox: () => ({ podSandboxId: "" }) }),
    code: 1,
    end: "completed",
    verdicts: ["failed"],
  },
  {
    what: "creation refused",
    answers: () => ({ runPodSandbox: refuse(status.RESOURCE_EXHAUSTED, "no space left on device") }),
    code: 1,
    end: "completed",
    verdicts: ["failed"],
  },
  {
    what: "a full disk under the images",
    answers: () => ({
      imageStatus: () => ({}),
      pullImage: refuse(status.UNKNOWN, "no space left on device"),
    }),
    ids: "CTR-001",
    code: 3,
    end: "completed",
    verdicts: ["broken"],
  },
  {
    what: "removal refused for ever",
    answers: () => ({ removePodSandbox: refuse(status.FAILED_PRECONDITION, "busy") }),
    ids: "SBX-004",
    code: 1,
    end: "completed",
    verdicts: ["passed"],
    pods: 1,
    ledgers: 1,
    finding: /left although/,
  },
  {
    what: "lists refused",
    answers: () => ({ listPodSandbox: refuse(status.INTERNAL, "database is broken") }),
    ids: "SBX-004",
    code: 1,
    end: "completed",
    verdicts: ["failed"],
    finding: /Looking for leftovers failed/,
  },
  // The host.
  {
    what: "a file where the report folder should be",
    prepare: ({ folder }) => writeFile(join(folder, "out"), ""),
    code: 2,
    stderr: /report folder/,
  },
  {
    what: "a report folder that cannot be made",
    args: ["--report-dir", "/proc/reports"],
    code: 2,
    stderr: /--report-dir/,
  },
  {
    what: "a full disk under the event log",
    prepare: async ({ folder }) => {
      await mkdir(join(folder, "out"));
      await symlink("/dev/full", join(folder, "out", "events.ndjson"));
    },
    code: 3,
    end: "completed",
    verdicts: ["passed"],
    stderr: /events\.ndjson/,
  },
  { what: "no folder for temporary files", env: () => ({ TMPDIR: "/proc/no-such" }), code: 3, stderr: /no-such/ },
  {
    what: "a state folder that cannot be made",
    env: () => ({ CRITIQUE_STATE_FOLDER: "/proc/state" }),
    code: 0,
    end: "completed",
    verdicts: ["passed"],
    stderr: /No ledger is kept/,
  },
  {
    what: "a state folder that others may write to",
    prepare: async ({ folder }) => {
      await mkdir(join(folder, "state"));
      await chmod(join(folder, "state"), 0o777);
    },
    code: 0,
    end: "completed",
    verdicts: ["passed"],
    stderr: /nobody else may write/,
  },
  { what: "no socket", args: ["-r", "/nonexistent/cri.sock"], code: 2, stderr: /no socket/ },
  {
    what: "no configuration file",
    args: ["--config", "/nonexistent/critique.yaml"],
    code: 2,
    stderr: /critique\.yaml/,
  },
  // The harness.
  ...(["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => ({
    what: `${signal} in the middle of the run`,
    ...signalled(signal),
    code: 130,
    end: "interrupted",
    verdicts: ["notRun"],
  })),
  {
    what: "SIGKILL in the middle of the run",
    ...signalled("SIGKILL"),
    code: null,
    ledgers: 1,
  },
  {
    what: "SIGKILL after a pod was made",
    // SBX-005, were it the first, would look at its pod when it has removed it.
    ids: "SBX-004",
    answers: (bench) => ({ podSandboxStatus: () => (bench.kill("SIGKILL"), never()) }),
    code: null,
    pods: 1,
    ledgers: 1,
  },
  {
    what: "an error that nobody waited for",
    ...signalled("SIGUSR2"),
    env: () => ({ NODE_OPTIONS: `--import=${STRAY}` }),
    code: 3,
    end: "crashed",
    verdicts: ["notRun"],
    stderr: /stray/,
  },
  {
    what: "the deadline of the run",
    answers: () => ({ runPodSandbox: never }),
    args: ["--deadline", "2s"],
    code: 3,
    end: "timeout",
    verdicts: ["notRun"],
  },
];

describe("injected troubles", () => {
  let folder: TempFolder;
  let bench: Bench;

  beforeEach(async () => {
    folder = await createTempFolder("troubles");
    bench = {
      folder: folder.path,
      runtime: await startFakeRuntime(),
      kill: () => undefined,
      restart: () => Promise.resolve(),
      crash: () => bench.runtime.close(),
    };
  });
  afterEach(async () => {
    await bench.runtime.close();
    await folder.remove();
  });

  for (const trouble of TROUBLES) {
    it(`${trouble.what}: exit code ${trouble.code ?? "of the signal"}`, async () => {
      const end = await run(trouble);
      expect(end.code, end.stderr).to.equal(trouble.code);
      if (trouble.stderr) expect(end.stderr).to.match(trouble.stderr);
      expect(bench.runtime.sandboxes.size, "pods left").to.equal(trouble.pods ?? 0);
      expect(await ledgers(), "ledgers left").to.have.lengthOf(trouble.ledgers ?? 0);
      await checkReports(trouble);
    });
  }

  async function run({ answers, prepare, args = [], ids = "SBX-004,SBX-005", env }: Trouble): Promise<CritiqueEnd> {
    const { socketPath } = bench.runtime;
    const begin = async (all: Answers): Promise<void> => {
      await bench.runtime.close();
      bench.runtime = await startFakeRuntime(all, socketPath);
    };
    bench.restart = () => begin({});
    // Answers look at the bench when they are asked.
    if (answers) await begin(answers(bench));
    await prepare?.(bench);
    const options = ["-r", socketPath, "--ids", ids, "--report-dir", join(folder.path, "out"), "--parallel", "1"];
    return runCritique(["run", ...options, ...args], {
      env: { CRITIQUE_STATE_FOLDER: join(folder.path, "state"), ...env?.(bench) },
      onStderr: (_text, child) => {
        bench.kill = (...signals) => signals.forEach((signal) => child.kill(signal));
      },
    });
  }

  const ledgers = () => readdir(join(folder.path, "state", "ledger")).catch(() => []);

  async function checkReports({ end, verdicts, code, finding, what }: Trouble): Promise<void> {
    const out = join(folder.path, "out");
    if (code === null) {
      expect(await readFile(join(out, "events.ndjson"), "utf8"), what).to.match(/^\{"type":"runStarted".*\n/);
      return;
    }
    if (end === undefined) {
      expect(await readdir(out).catch(() => [])).not.to.include("results.json");
      return;
    }
    expect(await readdir(out)).to.include.members(["events.ndjson", "results.json", "junit.xml", "summary.md"]);
    expect((await stat(join(out, "results.json"))).size, "size of results.json").to.be.below(4 * 1024 * 1024);
    const results = JSON.parse(await readFile(join(out, "results.json"), "utf8")) as RunResults;
    expect(results.end?.how).to.equal(end);
    expect(new Set(results.specs.map(({ verdict }) => verdict))).to.deep.equal(new Set(verdicts));
    if (finding) expect(results.findings.map(({ title }) => title).join()).to.match(finding);
  }
});
