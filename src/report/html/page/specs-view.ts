import { formatDurationMs } from "../../../support/duration.js";
import { reasonOf } from "../../failure-text.js";
import { STANDING_NAMES, STANDINGS } from "../../standing.js";
import { browser, h, type PageElement } from "./dom.js";
import { filterRows, NO_FILTER, type Filter, type Row } from "./page-data.js";
import { specDetail } from "./spec-detail.js";

/** Rows are made as the reader gets near them: thousands at once would keep the page from opening. */
const PAGE_ROWS = 150;
/** What failed is shown unfolded, as long as that stays a page that one can look over. */
const OPEN_ROWS = 5;
/** How many rows are put on paper. */
const PRINTED_ROWS = 2_000;

/** The list of specs with its filters. */
export class SpecsView {
  readonly element: PageElement;
  readonly #list = h("div.specs", {});
  readonly #count = h("p.count", { role: "status" });
  readonly #more = h("button.more", { type: "button" });
  readonly #controls: Record<keyof Filter, PageElement>;
  /** Rows made so far, by id. */
  readonly #made = new Map<string, RowElement>();
  #filter = NO_FILTER;
  #matching: Row[] = [];
  #shown = 0;

  constructor(private readonly rows: readonly Row[]) {
    const values = (of: (row: Row) => readonly string[]) => [...new Set(rows.flatMap(of))].sort();
    this.#controls = {
      text: h("input", { type: "search", id: "filter-text", placeholder: "id, title, clause, reason ..." }),
      standing: select(
        "filter-standing",
        STANDING_NAMES.filter((name) => rows.some((row) => row.standing === name)).map((name) => [
          name,
          STANDINGS[name].word,
        ]),
      ),
      level: select(
        "filter-level",
        ["required", "recommended", "optional"].map((level) => [level, level]),
      ),
      area: select(
        "filter-area",
        values(({ spec }) => [spec.area]).map((area) => [area, area]),
      ),
      rpc: select(
        "filter-rpc",
        values(({ spec, called }) => [...spec.rpcs, ...called]).map((rpc) => [rpc, rpc]),
      ),
    };
    for (const control of Object.values(this.#controls)) control.addEventListener("input", () => this.#readControls());
    const reset = h("button", { type: "button" }, "Reset");
    reset.addEventListener("click", () => this.narrow({}));
    this.#more.addEventListener("click", () => this.#showMore(this.#shown + PAGE_ROWS));
    this.element = h(
      "div",
      {},
      h(
        "div.filters",
        { role: "search", "aria-label": "Filter specs" },
        field("Text", this.#controls.text),
        field("Verdict", this.#controls.standing),
        field("Level", this.#controls.level),
        field("Area", this.#controls.area),
        field("RPC", this.#controls.rpc),
        reset,
      ),
      this.#count,
      this.#list,
      this.#more,
    );
    this.#apply();
    for (const { spec } of rows.slice(0, OPEN_ROWS)) if (!spec.asExpected) this.#made.get(spec.id)?.open();
  }

  /** Shows only the specs that match; what the filter does not name is open to anything. */
  narrow(filter: Partial<Filter>): void {
    this.#filter = { ...NO_FILTER, ...filter };
    for (const [name, control] of Object.entries(this.#controls)) control.value = this.#filter[name as keyof Filter];
    this.#apply();
  }

  /** Unfolds a spec and goes there, whatever the filter was. Returns false when there is no such spec. */
  reveal(id: string): boolean {
    if (!this.rows.some(({ spec }) => spec.id === id)) return false;
    if (!this.#matching.some(({ spec }) => spec.id === id)) this.narrow({});
    this.#showMore(this.#matching.findIndex(({ spec }) => spec.id === id) + 1);
    const row = this.#made.get(id);
    row?.open();
    row?.element.scrollIntoView();
    row?.summary.focus();
    return true;
  }

  /** Makes the rows that are put on paper, the unexpected ones unfolded. */
  preparePrint(): void {
    this.#showMore(PRINTED_ROWS);
    for (const { spec } of this.#matching.slice(0, PRINTED_ROWS)) if (!spec.asExpected) this.#made.get(spec.id)?.open();
  }

  /** Makes more rows when the reader is near the end of those there are. */
  growIfNear(): void {
    if (!this.#more.hidden && this.#more.getBoundingClientRect().top < 2 * browser.innerHeight) {
      this.#showMore(this.#shown + PAGE_ROWS);
    }
  }

  #readControls(): void {
    const value = (name: keyof Filter) => this.#controls[name].value;
    this.#filter = {
      text: value("text"),
      standing: value("standing"),
      level: value("level"),
      area: value("area"),
      rpc: value("rpc"),
    };
    this.#apply();
  }

  #apply(): void {
    this.#matching = filterRows(this.rows, this.#filter);
    const all = this.rows.length;
    const count = this.#matching.length;
    this.#count.replaceChildren(count === all ? `All ${all} specs` : `${count} of ${all} specs`);
    this.#list.replaceChildren();
    this.#made.clear();
    this.#shown = 0;
    this.#showMore(PAGE_ROWS);
  }

  #showMore(upTo: number): void {
    const end = Math.min(upTo, this.#matching.length);
    for (; this.#shown < end; this.#shown++) {
      const row = this.#matching[this.#shown];
      if (!row) break;
      const made = rowElement(row);
      this.#made.set(row.spec.id, made);
      this.#list.append(made.element);
    }
    const left = this.#matching.length - this.#shown;
    this.#more.hidden = left === 0;
    this.#more.replaceChildren(`Show more (${left} left)`);
  }
}

interface RowElement {
  element: PageElement;
  summary: PageElement;
  /** Unfolds the row. */
  open(): void;
}

function rowElement({ spec, standing }: Row): RowElement {
  const { word, tone } = STANDINGS[standing];
  const reason = reasonOf(spec);
  const summary = h(
    "summary",
    {},
    h(`span.badge.${tone}`, {}, word),
    h("span.id", {}, spec.id),
    h("span.title", {}, spec.title, reason === "" ? undefined : h("span.why", {}, reason)),
    h("span.level", {}, spec.level),
    h("span.took", {}, spec.attempts.length === 0 ? "" : formatDurationMs(spec.durationMs)),
  );
  const element = h("details.spec", { id: spec.id }, summary);
  let isFilled = false;
  const fill = () => {
    if (!isFilled) element.append(specDetail(spec));
    isFilled = true;
  };
  element.addEventListener("toggle", () => {
    if (element.open) fill();
  });
  const open = () => {
    fill();
    element.open = true;
  };
  return { element, summary, open };
}

function select(id: string, options: readonly (readonly [string, string])[]): PageElement {
  return h(
    "select",
    { id },
    h("option", { value: "" }, "all"),
    options.map(([value, text]) => h("option", { value }, text)),
  );
}

function field(label: string, control: PageElement): PageElement {
  return h("div.field", {}, h("label", { for: control.id }, label), control);
}
