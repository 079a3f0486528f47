import { formatDurationMs } from "../../../support/duration.js";
import { startedText } from "../../conclusion.js";
import type { RunResults, StreamingOffer } from "../../model.js";
import { STANDINGS } from "../../standing.js";
import { streamingMatrix } from "../../streaming-matrix.js";
import { h, meter, table, type Child, type PageElement } from "./dom.js";
import type { Row } from "./page-data.js";

const SLOWEST_SHOWN = 25;

/** Where the time of the run went. */
export function slowestView(rows: readonly Row[]): PageElement {
  const ended = rows.filter(({ spec }) => spec.attempts.length > 0);
  const slowest = ended.sort((a, b) => b.spec.durationMs - a.spec.durationMs).slice(0, SLOWEST_SHOWN);
  const most = Math.max(1, ...slowest.map(({ spec }) => spec.durationMs));
  return table(
    "The slowest specs",
    [{ title: "Spec" }, { title: "" }, { title: "Verdict" }, { title: "Took", isNumber: true }, { title: "" }],
    slowest.map(({ spec, standing }) => [
      h("a.id", { href: `#${spec.id}` }, spec.id),
      spec.title,
      h(`span.badge.${STANDINGS[standing].tone}`, {}, STANDINGS[standing].word),
      formatDurationMs(spec.durationMs),
      meter(spec.durationMs / most),
    ]),
  );
}

/** What was learned about the runtime or the host outside any spec, and notes of the run. */
export function findingsView({ findings, notes }: RunResults): PageElement {
  return h(
    "div",
    {},
    findings.map(({ about, title, details }) =>
      h(
        "div.finding",
        {},
        h("h3", {}, h("span.badge.unclear", {}, about), title),
        h(
          "ul",
          {},
          details.map((detail) => h("li", {}, detail)),
        ),
      ),
    ),
    notes.length > 0
      ? [
          h("h3", {}, "Notes"),
          h(
            "ul",
            {},
            notes.map((note) => h("li", {}, note)),
          ),
        ]
      : undefined,
  );
}

/** Everything that may explain why another run came out otherwise. */
export function environmentView({ run, streaming }: RunResults): PageElement {
  const runFacts: [string, Child][] = [
    ["Runtime", `${run.runtime.name} ${run.runtime.version}, CRI ${run.runtime.apiVersion}`],
    ["Handler", run.handler === "" ? "the runtime's default" : run.handler],
    ["Endpoint", `${run.endpoint} (from ${run.endpointSource})`],
    ["Image endpoint", run.imageEndpoint],
    ["Critique", run.suiteVersion],
    ["Run", run.runId],
    ["Started", startedText(run)],
    ["Order", `seed ${run.seed}, ${run.parallel} in parallel`],
  ];
  const capabilities = Object.entries(run.capabilities).map(([name, found]): [string, Child] => [
    name,
    found === true ? h("span.badge.good", {}, "yes") : found,
  ]);
  return h(
    "div.environment",
    {},
    factTable("Run", runFacts),
    factTable(
      "Host",
      Object.entries(run.host).map(([name, value]) => [name, String(value)]),
    ),
    factTable("Capabilities", capabilities),
    streamingTable(streaming),
    factTable(
      "Options",
      Object.entries(run.options).map(([name, value]) => [name, textOf(value)]),
    ),
  );
}

/** Which versions of which transport the streaming servers speak; a row each, a column for each RPC. */
function streamingTable(offers: readonly StreamingOffer[]): Child {
  if (offers.length === 0) return undefined;
  const { rpcs, rows } = streamingMatrix(offers);
  const cell = (offered: true | string | undefined): Child =>
    offered === true ? h("span.badge.good", {}, "yes") : (offered ?? "");
  return h(
    "section",
    {},
    h("h3", {}, "Streaming"),
    table(
      "Versions of the streaming transports that the runtime offers",
      ["Transport and version", ...rpcs].map((title) => ({ title })),
      rows.map(({ name, cells }) => [name, ...cells.map(cell)]),
    ),
  );
}

function factTable(title: string, facts: [string, Child][]): Child {
  if (facts.length === 0) return undefined;
  return h(
    "section",
    {},
    h("h3", {}, title),
    h(
      "dl.facts-list",
      {},
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
