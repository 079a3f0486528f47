import { counted } from "../../../support/counted.js";
import { formatDurationMs } from "../../../support/duration.js";
import type { Attempt, CallEntry, Mismatch, SpecResult } from "../../model.js";
import { harmless } from "../../escape.js";
import { describeOffset } from "../../failure-text.js";
import { h, table, type Child, type PageElement } from "./dom.js";

/** Everything known of one spec; made when its row is opened. */
export function specDetail(spec: SpecResult): PageElement {
  const isRetried = spec.attempts.length > 1;
  return h(
    "div.detail",
    {},
    h("p.clause", {}, h("span.label", {}, "Clause"), h("code", {}, spec.clause)),
    spec.knownFailure &&
      h(
        "p",
        {},
        h("span.label", {}, "Known failure"),
        `${spec.knownFailure.reason} (${spec.knownFailure.pattern} in ${spec.knownFailure.where})`,
      ),
    isRetried || spec.attempts.length === 0 || spec.verdict === "passed" ? plainReason(spec) : undefined,
    spec.attempts.map((attempt, index) =>
      h(
        "div.attempt",
        {},
        isRetried ? h("h3", {}, attemptTitle(attempt, index)) : undefined,
        attemptDetail(spec.id, attempt),
      ),
    ),
    identity(spec),
  );
}

function plainReason(spec: SpecResult): Child {
  return spec.reason === "" ? undefined : h("p", {}, spec.reason);
}

const OUTCOME_WORDS: Record<Attempt["outcome"]["status"], string> = {
  ok: "held",
  mismatch: "did not hold",
  notApplicable: "not applicable",
  broken: "broke on our side",
  notRun: "did not run",
};

function attemptTitle({ outcome, durationMs }: Attempt, index: number): string {
  return `Attempt ${index + 1}: ${OUTCOME_WORDS[outcome.status]}, ${formatDurationMs(durationMs)}`;
}

function attemptDetail(id: string, attempt: Attempt): Child {
  const { outcome, notes, cleanup, calls, runtimeLog } = attempt;
  return [
    outcome.status === "mismatch" ? mismatchTable(id, outcome.mismatches) : undefined,
    outcome.status === "mismatch" && outcome.note !== undefined ? h("p", {}, outcome.note) : undefined,
    outcome.status === "broken" || outcome.status === "notApplicable" || outcome.status === "notRun"
      ? h("p.reason", {}, outcome.reason)
      : undefined,
    outcome.status === "broken" && outcome.stack !== undefined
      ? h("details.fold", {}, h("summary", {}, "Stack"), h("pre", { tabindex: "0" }, outcome.stack))
      : undefined,
    list("Notes", notes),
    list("Clean-up trouble", cleanup),
    calls.length > 0 ? transcript(attempt) : undefined,
    runtimeLog === undefined
      ? undefined
      : h(
          "details.fold",
          {},
          h("summary", {}, "The runtime's log meanwhile"),
          h("pre", { tabindex: "0" }, harmless(runtimeLog)),
        ),
  ];
}

function mismatchTable(id: string, mismatches: readonly Mismatch[]): PageElement {
  const rows = mismatches.map(({ subject, expected, seen }) => [
    h("code", {}, subject),
    h("pre.expected", {}, expected),
    h("pre.seen", {}, seen),
  ]);
  return table(
    `Expectations of ${id} that did not hold`,
    [{ title: "What" }, { title: "Expected" }, { title: "Seen" }],
    rows,
  );
}

function list(title: string, items: readonly string[]): Child {
  if (items.length === 0) return undefined;
  return h(
    "div.notes",
    {},
    h("span.label", {}, title),
    h(
      "ul",
      {},
      items.map((item) => h("li", {}, item)),
    ),
  );
}

/** The RPCs with a bar each that shows when they ran; requests and replies unfold. */
function transcript({ calls, durationMs, outcome }: Attempt): PageElement {
  const failedCalls = calls.filter(({ code }) => code !== "OK").length;
  const counts = `${counted(calls.length, "RPC")}${failedCalls > 0 ? `, ${failedCalls} not OK` : ""}`;
  const spanMs = Math.max(durationMs, ...calls.map((call) => call.atMs + call.durationMs), 1);
  return h(
    "details.fold",
    { open: outcome.status === "mismatch" && calls.length <= 15 },
    h("summary", {}, `Transcript: ${counts}`),
    h(
      "ol.calls",
      {},
      calls.map((call) => h("li", {}, callLine(call, spanMs), callBodies(call))),
    ),
  );
}

function callLine(call: CallEntry, spanMs: number): Child {
  return h(
    "div.call",
    {},
    h("span.at", {}, describeOffset(call)),
    h("code.method", {}, call.method),
    h(call.code === "OK" ? "span.ok" : "span.notok", {}, call.code),
    h("span.took", {}, formatDurationMs(call.durationMs)),
    timeBar(call, spanMs),
    call.details === undefined || call.details === "" ? undefined : h("pre.message", {}, call.details),
  );
}

function timeBar({ atMs, durationMs }: CallEntry, spanMs: number): PageElement {
  const fill = h("span.fill", {});
  fill.style["marginLeft"] = `${(100 * atMs) / spanMs}%`;
  fill.style["width"] = `${(100 * durationMs) / spanMs}%`;
  return h("span.when", { "aria-hidden": "true" }, fill);
}

function callBodies({ request, responses = [] }: CallEntry): Child {
  const bodies: [string, unknown][] = [
    ...(request === undefined ? [] : [["Request", request] as [string, unknown]]),
    ...responses.map((response): [string, unknown] => ["Reply", response]),
  ];
  if (bodies.length === 0) return undefined;
  return h(
    "details.fold",
    {},
    h("summary", {}, bodies.length > 2 ? `Request and ${bodies.length - 1} replies` : "Request and reply"),
    bodies.map(([name, body]) => [
      h("span.label", {}, name),
      h("pre", { tabindex: "0" }, JSON.stringify(body, undefined, 2)),
    ]),
  );
}

/** What the spec is about, and the link to it. */
function identity({ id, area, lack, rpcs, needs, tags, critest }: SpecResult): PageElement {
  const facts: [string, readonly string[]][] = [
    ["Area", [area]],
    ["Lacking in the", lack === undefined ? [] : [lack]],
    ["RPCs", rpcs],
    ["Needs", needs],
    ["Tags", tags],
    ["critest", critest],
  ];
  return h(
    "dl.identity",
    {},
    facts
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => h("div", {}, h("dt", {}, name), h("dd", {}, values.join(", ")))),
    h("div", {}, h("dt", {}, "Link"), h("dd", {}, h("a", { href: `#${id}` }, `#${id}`))),
  );
}
