import { expect } from "chai";
import { describe, it } from "mocha";

import { concludeRun } from "../../../src/report/conclusion.js";
import type { Attempt, KnownFailure, RunEvent, Verdict } from "../../../src/report/model.js";
import { ResultsFold } from "../../../src/report/results.js";
import { countStandings, inReadingOrder, standingOf, type Standing } from "../../../src/report/standing.js";
import { judge } from "../../../src/report/verdict.js";
import {
  attempt,
  largeRun,
  ran,
  resultsOf,
  resultsOfOne,
  RUNTIME_LOST,
  sampleEvents,
  sampleRunInfo,
  specInfo,
} from "./sample-run.js";

const KNOWN: KnownFailure = { pattern: "CTR-001", reason: "issue 1", where: "list.txt:2" };
const OK = attempt({ status: "ok" });
const MISMATCH = attempt({ status: "mismatch", mismatches: [{ subject: "a", expected: "b", seen: "c" }] });
const BROKEN = attempt({ status: "broken", reason: "no disk" });
const NOT_APPLICABLE = attempt({ status: "notApplicable", reason: "no IPv6", lack: "host" });
const NOT_RUN = attempt({ status: "notRun", reason: "stopped" });

describe("judge", () => {
  const cases: [Attempt[], Verdict, Standing, Standing][] = [
    [[OK], "passed", "passed", "unexpectedPass"],
    [[MISMATCH], "failed", "failed", "knownFailure"],
    [[MISMATCH, OK], "flaky", "flaky", "flaky"],
    [[MISMATCH, MISMATCH], "failed", "failed", "knownFailure"],
    [[MISMATCH, BROKEN], "broken", "broken", "broken"],
    [[BROKEN], "broken", "broken", "broken"],
    [[NOT_APPLICABLE], "notApplicable", "notApplicable", "notApplicable"],
    [[NOT_RUN], "notRun", "notRun", "notRun"],
    [[], "notRun", "notRun", "notRun"],
  ];
  for (const [attempts, verdict, standing, standingIfKnown] of cases) {
    const name = attempts.map(({ outcome }) => outcome.status).join(", then ") || "no attempt";
    it(`calls ${name} ${verdict}, for readers ${standing}, and ${standingIfKnown} where a failure is known`, () => {
      const judgement = judge(attempts);
      expect(judgement.verdict).to.equal(verdict);
      expect(standingOf(judgement)).to.equal(standing);
      expect(standingOf(judge(attempts, KNOWN))).to.equal(standingIfKnown);
      expect(judgement.asExpected).to.equal(standing === "passed" || standing === "notApplicable");
      expect(judgement.reason === "").to.equal(verdict === "passed");
    });
  }

  it("lets a known race be won and lost, and a spec that passes only on a retry be flaky all the same", () => {
    const standings = [[OK], [MISMATCH], [MISMATCH, OK]].map((attempts) =>
      standingOf(judge(attempts, { ...KNOWN, category: "race" })),
    );
    expect(standings).to.deep.equal(["passed", "knownFailure", "flaky"]);
  });
});

describe("ResultsFold", () => {
  it("takes the known failures from the events, so that a log alone gives the verdicts", () => {
    const results = resultsOf();
    expect(results.counts).to.deep.equal({ passed: 2, failed: 2, flaky: 1, notApplicable: 1, broken: 1, notRun: 1 });
    expect(countStandings(results.specs)).to.include({ knownFailure: 1, unexpectedPass: 1, failed: 1, passed: 1 });
  });

  it("prefers expectations it is given, for reports made anew with another list", () => {
    const fold = new ResultsFold((id) => (id === "CTR-027" ? KNOWN : undefined));
    for (const event of sampleEvents()) fold.add(event);
    expect(fold.spec("CTR-027")).to.deep.include({ verdict: "failed", asExpected: true, knownFailure: KNOWN });
    expect(fold.spec("SBX-004")).to.deep.include({ verdict: "passed", asExpected: true });
    expect(fold.spec("XXX-001")).to.equal(undefined);
  });

  it("names the spec that was under way when a run was killed", () => {
    const reasonOf = (count: number) => resultsOf(sampleEvents().slice(0, count)).specs[0]?.reason;
    expect(reasonOf(2)).to.equal("the run ended before this spec");
    expect(reasonOf(3)).to.equal("the spec was under way when the run ended");
    expect(reasonOf(4)).to.equal("");
  });

  it("gives every selected spec exactly one result at any moment of a run", () => {
    const fold = new ResultsFold();
    for (const event of sampleEvents()) {
      fold.add(event);
      const { specs, counts } = fold.results();
      expect(specs).to.have.length(8);
      expect(Object.values(counts).reduce((sum, count) => sum + count)).to.equal(8);
    }
  });
});

describe("inReadingOrder", () => {
  it("puts the worst news first, then the level, then the id", () => {
    expect(inReadingOrder(resultsOf().specs).map(({ id }) => id)).to.deep.equal([
      "CTR-027",
      "SBX-004",
      "STR-003",
      "CTR-031",
      "STR-004",
      "IMG-009",
      "NET-002",
      "SBX-001",
    ]);
    const failed = inReadingOrder(largeRun(200).specs).filter((spec) => standingOf(spec) === "failed");
    expect(failed.map(({ level, id }) => `${level} ${id}`)).to.deep.equal([
      "required BIG-0087",
      "recommended BIG-0007",
      "recommended BIG-0127",
      "optional BIG-0047",
      "optional BIG-0167",
    ]);
  });
});

describe("concludeRun", () => {
  const conclude = (...attempts: Attempt[]) => concludeRun(resultsOfOne(...attempts));

  it("says in one sentence whether the runtime behaved as expected", () => {
    const who = "containerd v2.1.4 (handler runc)";
    expect(conclude(OK).sentence).to.equal(`${who} behaved as expected: 1 spec passed.`);
    expect(conclude(MISMATCH).sentence).to.equal(`${who} did not behave as expected: 1 of 1 spec failed (1 required).`);
    expect(conclude(MISMATCH, OK).sentence).to.equal(`${who} did not behave as expected: 1 passed only on a retry.`);
  });

  it("calls a run bad that has a deviation outside any spec, whatever its specs say", () => {
    const results = resultsOfOne(OK);
    results.findings.push({ about: "runtime", title: "not as declared", details: [], isDeviation: true });
    expect(concludeRun(results)).to.deep.include({ tone: "bad" });
    expect(concludeRun(results).sentence).to.match(/did not behave as expected: 1 finding outside any spec\.$/);
  });

  it("gives no verdict where nothing is known of the runtime", () => {
    expect(conclude(BROKEN)).to.deep.include({ tone: "unclear" });
    expect(conclude(BROKEN).sentence).to.match(/^No verdict on .*: 1 of 1 spec broke on our side; none failed\.$/);
    const lost = { ...resultsOfOne(BROKEN), end: RUNTIME_LOST };
    expect(concludeRun(lost).sentence).to.match(/^No verdict on .*: 1 of 1 spec broke; none failed\.$/);
    expect(conclude(NOT_APPLICABLE).sentence).to.match(/^No verdict on .*: none of 1 spec applies to it\.$/);
    expect(conclude().sentence).to.match(/^No verdict on .*: no spec ran\.$/);
    expect(concludeRun(resultsOf(sampleEvents().slice(0, 1))).early).to.match(/not ended, or died/);
  });

  it("calls a run good whose known failures failed, and says when it ended early", () => {
    const events: RunEvent[] = [
      {
        type: "runStarted",
        run: { ...sampleRunInfo(), handler: "" },
        specs: [specInfo("CTR-001", "a"), specInfo("CTR-002", "b")],
        knownFailures: { "CTR-001": KNOWN },
      },
      ...ran("CTR-001", MISMATCH),
      ...ran("CTR-002", OK),
      { type: "runEnded", at: "", end: { how: "timeout", reason: "1h was over", exitCode: 3, durationMs: 1 } },
    ];
    expect(concludeRun(resultsOf(events))).to.deep.equal({
      tone: "good",
      sentence: "containerd v2.1.4 behaved as expected: 1 spec passed, 1 failed as known.",
      early: "The run ran out of time: 1h was over",
    });
  });
});
