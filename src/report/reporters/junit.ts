import { explainSpec, failedAttempt, reasonOf, transcriptText } from "../failure-text.js";
import { cut } from "../escape.js";
import type { RunResults, SpecResult } from "../model.js";
import { groupByArea, standingOf } from "../standing.js";
import { JunitDocument, type JunitCase } from "./junit-document.js";
import type { Reporter, ReportOptions } from "./reporter.js";

/** TestGrid shows no more than this of a message. */
const FAILURE_LIMIT_CHARS = 10_000;
const MESSAGE_LIMIT_CHARS = 1_000;

/** junit.xml is kept well under the 30 MB that GitLab takes: beyond this sum, outputs are left out. */
const OUTPUT_ROOM_CHARS = 8 * 1024 * 1024;

/**
 * junit.xml in the dialect that Jenkins' strict schema, GitLab, GitHub, TestGrid and Spyglass share. Each case's name
 * begins with its id, so names are unique; one suite per area carries the facts about the run as properties.
 */
export const junitReporter: Reporter = {
  fileName: "junit.xml",
  render(results, options) {
    const document = new JunitDocument("critique");
    const room = { chars: OUTPUT_ROOM_CHARS };
    for (const [area, specs] of groupByArea(results.specs)) {
      const suite = document.suite(`critique.${area}`, results.run.startedAt, runProperties(results));
      for (const spec of specs) suite.add(junitCase(spec, options, room));
    }
    return document.build();
  },
};

function junitCase(spec: SpecResult, options: ReportOptions, room: { chars: number }): JunitCase {
  const output = outputOf(spec, Math.min(FAILURE_LIMIT_CHARS, room.chars));
  room.chars -= output.length;
  return {
    name: `${spec.id} ${spec.title}`,
    className: `critique.${spec.area}`,
    durationMs: spec.durationMs,
    result: resultOf(spec, options),
    output,
    properties: options.junitProperties === true ? specProperties(spec) : {},
  };
}

function resultOf(spec: SpecResult, options: ReportOptions): JunitCase["result"] {
  const standing = standingOf(spec);
  const message = cut(reasonOf(spec), MESSAGE_LIMIT_CHARS);
  const text = () => explainSpec(spec, FAILURE_LIMIT_CHARS);
  switch (standing) {
    case "passed":
      return undefined;
    case "notApplicable":
      return { kind: "skipped", message };
    case "knownFailure":
      return { kind: "skipped", message: `known failure: ${message}` };
    case "failed":
    case "unexpectedPass":
      return { kind: "failure", type: standing, message, text: text() };
    case "flaky":
      return { kind: options.junitFlaky ?? "flakyFailure", type: standing, message, text: text() };
    case "broken":
    case "notRun":
      return { kind: options.junitErrors ?? "error", type: standing, message, text: text() };
  }
}

/** Readers show this under the case; of a spec that did as expected only its notes are worth the space. */
function outputOf(spec: SpecResult, limitChars: number): string {
  if (limitChars < 100) return "";
  if (failedAttempt(spec)) return transcriptText(spec, limitChars);
  const notes = spec.attempts.flatMap((attempt) => [...attempt.notes, ...attempt.cleanup]);
  return cut(notes.join("\n"), limitChars);
}

function runProperties({ run }: RunResults): Record<string, string> {
  return {
    "critique.version": run.suiteVersion,
    "critique.run": run.runId,
    "runtime.name": run.runtime.name,
    "runtime.version": run.runtime.version,
    "runtime.handler": run.handler,
    "runtime.endpoint": run.endpoint,
  };
}

function specProperties(spec: SpecResult): Record<string, string> {
  return {
    id: spec.id,
    level: spec.level,
    verdict: spec.verdict,
    clause: spec.clause,
    rpcs: spec.rpcs.join(","),
    needs: spec.needs.join(","),
    tags: spec.tags.join(","),
  };
}
