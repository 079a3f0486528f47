import { CriConnection } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { newRunId } from "../../src/harness/ownership.js";
import { runSuite, type SuiteRun } from "../../src/harness/run.js";
import type { Spec } from "../../src/harness/spec.js";
import type { RunEvent, RunResults } from "../../src/report/model.js";
import { startFakeRuntime, type Answers, type FakeRuntime, type Streams } from "./fake-runtime.js";

/** What a run did, and to what. */
export interface SpecsRun {
  results: RunResults;
  events: RunEvent[];
  runtime: FakeRuntime;
}

/** Runs specs against a fake runtime and closes everything afterwards. */
export async function runSpecs(
  specs: Spec[],
  answers: Answers = {},
  overrides: Partial<SuiteRun> = {},
  streams: Streams = {},
): Promise<SpecsRun> {
  const runtime = await startFakeRuntime(answers, undefined, streams);
  const connection = new CriConnection(parseEndpoint(runtime.socketPath));
  const events: RunEvent[] = [];
  try {
    const results = await runSuite({
      runId: newRunId(),
      suiteVersion: "test",
      connection,
      endpointSource: "test",
      handler: "",
      specs,
      images: { reference: (name) => `localhost/${name}`, close: () => Promise.resolve() },
      parallel: 4,
      timeoutMs: 10_000,
      retries: 0,
      failFast: false,
      seed: 1,
      expectations: () => undefined,
      options: {},
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
      ...overrides,
    });
    return { results, events, runtime };
  } finally {
    connection.close();
    await runtime.close();
  }
}
