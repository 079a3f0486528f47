import type { RunResults } from "../../model.js";
import { excuseKinds } from "../../excuse-kinds.js";
import { countStandings, STANDING_NAMES, STANDINGS, type Standing } from "../../standing.js";
import { coverageView } from "./coverage-view.js";
import { browser, byId, h, type PageElement } from "./dom.js";
import { environmentView, findingsView, slowestView } from "./other-views.js";
import { rowsOf } from "./page-data.js";
import { SpecsView } from "./specs-view.js";

/** One page of the report, reached by its link in the navigation and by `#ID`. */
interface View {
  id: string;
  title: string;
  element: PageElement;
}

function start(): void {
  const results = JSON.parse(byId("data").textContent ?? "") as RunResults;
  const rows = rowsOf(results);
  const specs = new SpecsView(rows);
  const narrow = (filter: Parameters<SpecsView["narrow"]>[0]) => {
    specs.narrow(filter);
    show("specs");
  };
  const remarks = results.findings.length + results.notes.length;
  const benchmarks = browser.document.getElementById("measurements");
  const views: View[] = [
    { id: "specs", title: `Specs (${rows.length})`, element: specs.element },
    ...(remarks > 0 ? [{ id: "findings", title: `Findings (${remarks})`, element: findingsView(results) }] : []),
    { id: "coverage", title: "Coverage", element: coverageView(results, (rpc) => narrow({ rpc })) },
    ...(benchmarks ? [{ id: "benchmarks", title: "Benchmarks", element: benchmarks }] : []),
    { id: "slowest", title: "Slowest", element: slowestView(rows) },
    { id: "environment", title: "Environment", element: environmentView(results) },
  ];
  const sections = views.map(({ id, title, element }) =>
    h("section.view", { id: `view-${id}`, "aria-label": title }, h("h2.unseen", {}, title), element),
  );
  const links = views.map(({ id, title }) => h("a", { href: `#${id}` }, title));

  const show = (shownId: string): void => {
    views.forEach(({ id }, index) => {
      const section = sections[index];
      const link = links[index];
      if (section) section.hidden = id !== shownId;
      if (id === shownId) link?.setAttribute("aria-current", "page");
      else link?.removeAttribute("aria-current");
    });
  };
  const follow = (): void => {
    const id = decodeURIComponent(browser.location.hash.slice(1));
    if (views.some((view) => view.id === id)) show(id);
    else if (id !== "") {
      show("specs");
      specs.reveal(id);
    }
  };

  byId("nav").append(...links);
  byId("views").append(...sections);
  byId("counts").append(...verdictCounts(countStandings(results.specs), (standing) => narrow({ standing })));
  byId("counts").append(...excuseKinds(results.specs).map((line) => h("p.kinds", {}, line)));
  show("specs");
  follow();
  browser.addEventListener("hashchange", follow);
  browser.addEventListener("scroll", () => specs.growIfNear());
  browser.addEventListener("beforeprint", () => {
    specs.preparePrint();
    for (const section of sections) section.hidden = false;
  });
  browser.addEventListener("afterprint", () => {
    show("specs");
    follow();
  });
}

/** A bar of all specs by verdict, and its legend, which narrows the list. */
function verdictCounts(counts: Record<Standing, number>, narrowTo: (standing: Standing) => void): PageElement[] {
  const names = STANDING_NAMES.filter((name) => counts[name] > 0);
  const bar = h(
    "div.bar",
    { "aria-hidden": "true" },
    names.map((name) => {
      const part = h(`span.${STANDINGS[name].tone}.${name}`, {});
      part.style["flexGrow"] = String(counts[name]);
      return part;
    }),
  );
  const legend = names.map((name) => {
    const button = h(
      `button.count-button.${STANDINGS[name].tone}`,
      { type: "button" },
      h("strong", {}, counts[name]),
      ` ${STANDINGS[name].word}`,
    );
    button.addEventListener("click", () => narrowTo(name));
    return button;
  });
  return [bar, h("div.legend", { role: "group", "aria-label": "Show only specs of one verdict" }, legend)];
}

start();
