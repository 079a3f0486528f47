import { explainSpec } from "../report/failure-text.js";
import { harmlessLine } from "../report/escape.js";
import type { RunEvent } from "../report/model.js";
import { ResultsFold } from "../report/results.js";
import { formatDurationMs } from "../support/duration.js";

/** As much of an explanation as a reader of a log takes in. */
const EXPLANATION_CHARS = 4_000;

/** The run as a log: what was tested, each spec as it ended, and the counts in the last line. */
export function runLog(events: readonly RunEvent[]): string {
  const fold = new ResultsFold();
  const lines: string[] = [];
  for (const event of events) {
    fold.add(event);
    if (event.type === "runStarted") {
      const { run, specs } = event;
      const { name, version, apiVersion } = run.runtime;
      lines.push(`critique ${run.suiteVersion}, run ${run.runId}, ${specs.length} specs`);
      lines.push(
        `runtime ${name} ${version}, CRI ${apiVersion}, handler ${run.handler === "" ? "(default)" : run.handler}`,
      );
      lines.push(`${run.startedAt} start`);
    } else if (event.type === "specEnded") {
      const spec = fold.spec(event.id);
      if (!spec) continue;
      const took = formatDurationMs(event.attempt.durationMs);
      const reason = spec.verdict === "notApplicable" ? `: ${spec.reason}` : "";
      lines.push(`${event.at} ${spec.verdict} ${spec.id} ${spec.title} (${took})${reason}`);
      if (event.attempt.outcome.status === "mismatch" || event.attempt.outcome.status === "broken") {
        lines.push(
          ...explainSpec(spec, EXPLANATION_CHARS)
            .split("\n")
            .map((line) => `    ${line}`),
        );
      }
    } else if (event.type === "note") lines.push(`${event.at} note: ${event.text}`);
    else if (event.type === "finding")
      lines.push(`${event.at} finding about the ${event.finding.about}: ${event.finding.title}`);
    else if (event.type === "runEnded") lines.push(`${event.at} ${event.end.how}: ${event.end.reason}`);
  }
  const { counts, specs } = fold.results();
  const { passed, failed, flaky, notApplicable, broken, notRun } = counts;
  lines.push(
    `Ran ${specs.length - notRun - notApplicable} of ${specs.length} specs: ${passed} Passed | ${failed} Failed | ` +
      `${flaky} Flaky | ${broken} Broken | ${notRun} Pending | ${notApplicable} Not applicable`,
  );
  return `${lines.map((line) => harmlessLine(line)).join("\n")}\n`;
}
