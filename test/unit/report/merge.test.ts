import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import { mergeRuns, MergeError, type RecordedRun } from "../../../src/report/merge.js";
import {
  SCHEMA_VERSION,
  type Finding,
  type Outcome,
  type RunEnd,
  type RunEvent,
  type RunInfo,
} from "../../../src/report/model.js";
import { ResultsFold } from "../../../src/report/results.js";
import { sampleSpec } from "../config/spec-samples.js";

const END: RunEnd = { how: "completed", reason: "every selected spec was run", exitCode: 0, durationMs: 10 };

function info(part: string, changes: Partial<RunInfo> = {}): RunInfo {
  return {
    schema: SCHEMA_VERSION,
    suiteVersion: "0.1.0",
    runId: part,
    startedAt: `2026-01-01T00:00:0${part}.000Z`,
    endpoint: "unix:///x.sock",
    imageEndpoint: "unix:///x.sock",
    endpointSource: "--runtime-endpoint",
    runtime: { name: "fake", version: "1", apiVersion: "v1" },
    handler: "",
    host: {},
    capabilities: {},
    options: { shard: { index: Number(part), count: 2 }, "fail-fast": true },
    seed: 1,
    parallel: 2,
    ...changes,
  };
}

function recorded(
  part: string,
  outcomes: Record<string, Outcome>,
  end: RunEnd | undefined = END,
  run = info(part),
): RecordedRun {
  const at = `2026-01-01T00:00:1${part}.000Z`;
  const ids = Object.keys(outcomes);
  const events: RunEvent[] = [
    { type: "runStarted", run, specs: ids.map((id) => sampleSpec(id)), knownFailures: {} },
    ...ids.flatMap((id): RunEvent[] => [
      { type: "specStarted", id, at },
      {
        type: "specEnded",
        id,
        at,
        attempt: { outcome: outcomes[id]!, durationMs: 1, calls: [], notes: [], cleanup: [] },
      },
    ]),
    { type: "note", at, text: `note of ${part}` },
    ...(end ? [{ type: "runEnded", at, end } as const] : []),
  ];
  return { source: `shard-${part}`, events };
}

const OK: Outcome = { status: "ok" };
const MISMATCH: Outcome = { status: "mismatch", mismatches: [] };

function results(...runs: RecordedRun[]) {
  const fold = new ResultsFold();
  for (const event of mergeRuns(runs)) fold.add(event);
  return fold.results();
}

describe("merging runs", () => {
  it("makes one run of the parts", () => {
    const merged = results(recorded("1", { "SBX-002": OK }), recorded("2", { "SBX-001": OK, "CTR-001": OK }));
    expect(merged.specs.map(({ id }) => id)).to.deep.equal(["CTR-001", "SBX-001", "SBX-002"]);
    expect(merged.counts.passed).to.equal(3);
    expect(merged.notes).to.deep.equal(["note of 1", "note of 2"]);
    expect(merged.run).to.deep.include({ runId: "1+2", startedAt: info("1").startedAt, parallel: 4 });
    expect(merged.run.options).to.deep.equal({ "fail-fast": true });
    expect(merged.end).to.deep.equal(END);
  });

  it("derives the exit code anew", () => {
    expect(results(recorded("1", { "SBX-001": OK }), recorded("2", { "SBX-002": MISMATCH })).end?.exitCode).to.equal(1);
  });

  it("fails where a part found a deviation outside any spec", () => {
    const part = recorded("2", { "SBX-002": OK });
    const finding: Finding = { about: "runtime", title: "not as declared", details: [] };
    const withFinding = (isDeviation: boolean): RecordedRun => ({
      ...part,
      events: part.events.toSpliced(1, 0, {
        type: "finding",
        at: "",
        finding: { ...finding, ...(isDeviation && { isDeviation: true }) },
      }),
    });
    const exitCode = (other: RecordedRun) => results(recorded("1", { "SBX-001": OK }), other).end?.exitCode;
    expect(exitCode(withFinding(false))).to.equal(0);
    expect(exitCode(withFinding(true))).to.equal(1);
  });

  it("ends as its gravest part", () => {
    const interrupted: RunEnd = { how: "interrupted", reason: "stopped by a signal", exitCode: 130, durationMs: 30 };
    const { end } = results(recorded("1", { "SBX-001": OK }), recorded("2", { "SBX-002": OK }, interrupted));
    expect(end).to.deep.equal(interrupted);
  });

  it("has no end when a part has none", () => {
    const dead = recorded("2", { "SBX-002": OK });
    expect(results(recorded("1", { "SBX-001": OK }), { ...dead, events: dead.events.slice(0, -1) }).end).to.equal(
      undefined,
    );
  });

  it("loses no event", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 2 }),
        fc.integer({ min: 1, max: 5 }),
        (numbers, count) => {
          const parts = Array.from({ length: count }, (_, part) => numbers.filter((_id, at) => at % count === part));
          const runs = parts.map((part, at) =>
            recorded(
              String(at + 1),
              Object.fromEntries(part.map((number) => [`SBX-${String(number).padStart(3, "0")}`, OK])),
            ),
          );
          const inner = (events: readonly RunEvent[]) =>
            events.filter(({ type }) => type !== "runStarted" && type !== "runEnded");
          expect(inner(mergeRuns(runs))).to.deep.equal(runs.flatMap(({ events }) => inner(events)));
        },
      ),
    );
  });

  for (const [what, other, message] of [
    [
      "of another runtime",
      recorded("2", {}, END, info("2", { runtime: { name: "fake", version: "2", apiVersion: "v1" } })),
      "fake 2",
    ],
    ["of another handler", recorded("2", {}, END, info("2", { handler: "kata" })), "handler kata and the default"],
    ["of another suite", recorded("2", {}, END, info("2", { suiteVersion: "0.2.0" })), "suite version 0.2.0 and 0.1.0"],
    ["with the same spec", recorded("2", { "SBX-001": OK }), "SBX-001 is both in shard-1 and in shard-2"],
    ["without a start", { source: "shard-2", events: [] }, "shard-2 has no start of a run"],
  ] as const) {
    it(`refuses a part ${what}`, () => {
      expect(() => mergeRuns([recorded("1", { "SBX-001": OK }), other])).to.throw(MergeError, message);
    });
  }
});
