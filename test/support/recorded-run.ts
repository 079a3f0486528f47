import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FEATURES } from "../../src/harness/features.js";
import { loadSpecs } from "../../src/harness/catalogue.js";
import { SCHEMA_VERSION, type Attempt, type Outcome, type RunEvent, type RunInfo } from "../../src/report/model.js";

/** How a recorded run differs from one in which every spec passed. */
export interface RecordedRunChanges {
  /** Outcomes of single specs by id; undefined leaves the spec out of the run, several are retries. */
  outcomes?: Readonly<Record<string, Outcome | Outcome[] | undefined>>;
  run?: Partial<RunInfo>;
  knownFailures?: Extract<RunEvent, { type: "runStarted" }>["knownFailures"];
  end?: Partial<Extract<RunEvent, { type: "runEnded" }>["end"]>;
}

const AT = "2026-01-02T03:04:05.000Z";

/** Writes the folder of a run of all specs without running them. */
export async function writeRecordedRun(
  folder: string,
  suiteVersion: string,
  changes: RecordedRunChanges = {},
): Promise<void> {
  const { outcomes = {}, knownFailures = {} } = changes;
  const specs = (await loadSpecs()).map(({ info }) => info).filter(({ id }) => !(id in outcomes) || outcomes[id]);
  const run: RunInfo = {
    schema: SCHEMA_VERSION,
    suiteVersion,
    runId: "20260102-030405",
    startedAt: AT,
    endpoint: "unix:///run/example.sock",
    imageEndpoint: "unix:///run/example.sock",
    endpointSource: "--runtime-endpoint",
    runtime: { name: "example", version: "1.2.3", apiVersion: "v1" },
    handler: "",
    host: { kernel: "6.1", arch: "x64" },
    capabilities: Object.fromEntries(Object.keys(FEATURES).map((name) => [name, true as const])),
    options: { exclusive: true },
    seed: 1,
    parallel: 4,
    ...changes.run,
  };
  const ended = specs.flatMap(({ id }): RunEvent[] => {
    const given = outcomes[id] ?? { status: "ok" };
    return (Array.isArray(given) ? given : [given]).map((outcome) => ({
      type: "specEnded",
      id,
      at: AT,
      attempt: attempt(outcome),
    }));
  });
  const end = {
    how: "completed",
    reason: "every selected spec was run",
    exitCode: 0,
    durationMs: 1000,
    ...changes.end,
  } as const;
  const events: RunEvent[] = [
    { type: "runStarted", run, specs, knownFailures },
    ...ended,
    { type: "runEnded", at: AT, end },
  ];
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

function attempt(outcome: Outcome): Attempt {
  return {
    outcome,
    durationMs: 10,
    calls: [{ method: "Version", atMs: 0, durationMs: 1, code: "OK" }],
    notes: [],
    cleanup: [],
  };
}
