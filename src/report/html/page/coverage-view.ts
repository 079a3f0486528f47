import { coverageOf, coverageSummary, gapsOf, type FieldReach } from "../../coverage.js";
import type { RunResults } from "../../model.js";
import { h, meter, table, type Child, type PageElement } from "./dom.js";

/** What of the contract the run reached: RPCs called, fields sent, fields that an expectation looked at. */
export function coverageView(results: RunResults, showSpecs: (rpc: string) => void): PageElement {
  const matrix = coverageOf(results);
  const { rpcs, fields } = matrix;
  const gaps = gapsOf(matrix);
  const most = Math.max(1, ...rpcs.map(({ calledBy }) => calledBy));
  const link = (rpc: string) => {
    const button = h("button.link", { type: "button" }, rpc);
    button.addEventListener("click", () => showSpecs(rpc));
    return button;
  };
  return h(
    "div",
    {},
    coverageSummary(matrix).map((sentence) => h("p", {}, sentence)),
    table(
      "RPCs by the specs that call them",
      [
        { title: "RPC" },
        { title: "Called by specs", isNumber: true },
        { title: "" },
        { title: "Calls", isNumber: true },
        { title: "Specs about it", isNumber: true },
        { title: "Not as expected", isNumber: true },
      ],
      rpcs.map(({ rpc, about, calledBy, calls, unexpected }) => [
        about + calledBy > 0 ? link(rpc) : h("span.uncalled", {}, rpc),
        calls === 0 ? h("span.badge.unclear", {}, "not called") : calledBy,
        meter(calledBy / most),
        calls,
        about,
        unexpected === 0 ? "" : h("span.badge.bad", {}, unexpected),
      ]),
    ),
    gapList("Fields of requests that no spec sent", gaps.notSent, ({ notSent }) => notSent),
    gapList("Fields of replies that no expectation looked at", gaps.notAsserted, ({ notAsserted }) => notAsserted),
    fields.length === 0 ? undefined : fieldTable(fields),
  );
}

function gapList(
  title: string,
  fields: readonly FieldReach[],
  reasonOf: (field: FieldReach) => string | undefined,
): Child {
  if (fields.length === 0) return undefined;
  const items = fields.map((reach) => {
    const reason = reasonOf(reach);
    return h("li", {}, h("code", {}, reach.field), reason === undefined ? "" : `: ${reason}`);
  });
  return h("details.fold", {}, h("summary", {}, `${title} (${fields.length})`), h("ul", {}, items));
}

function fieldTable(fields: readonly FieldReach[]): PageElement {
  const cell = (count: number | undefined): Child => {
    if (count === undefined) return "";
    return count === 0 ? h("span.badge.unclear", {}, "none") : count;
  };
  return h(
    "details.fold",
    {},
    h("summary", {}, `All fields of the contract (${fields.length})`),
    table(
      "Fields by the specs that reach them",
      [
        { title: "Field" },
        { title: "" },
        { title: "Sent by specs", isNumber: true },
        { title: "Received by", isNumber: true },
        { title: "Looked at by", isNumber: true },
      ],
      fields.map(({ field, windowsOnly, sentBy, receivedBy, assertedBy }) => [
        h("code", {}, field),
        windowsOnly ? h("span.badge", {}, "Windows") : "",
        cell(sentBy),
        cell(receivedBy),
        cell(assertedBy),
      ]),
    ),
  );
}
