import { harmless } from "../../escape.js";

/**
 * The part of the browser's interface that the page uses. It is typed here because TypeScript's DOM library would put
 * its thousands of globals within reach of all the code that runs in Node.
 */
export interface PageElement {
  className: string;
  hidden: boolean;
  id: string;
  open: boolean;
  value: string;
  textContent: string | null;
  readonly style: Record<string, string>;
  addEventListener(type: string, listener: () => void): void;
  append(...nodes: (PageElement | string)[]): void;
  focus(): void;
  getBoundingClientRect(): { top: number };
  remove(): void;
  replaceChildren(...nodes: (PageElement | string)[]): void;
  scrollIntoView(): void;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

interface Browser {
  document: { title: string; createElement(tag: string): PageElement; getElementById(id: string): PageElement | null };
  location: { hash: string };
  addEventListener(type: string, listener: () => void): void;
  innerHeight: number;
}

/** The browser's global object; there is none of its kind where tests import these modules. */
export const browser = globalThis as unknown as Browser;

export type Child = PageElement | string | number | undefined | readonly Child[];

/**
 * Creates an element. Texts become text nodes, made harmless; nothing is ever parsed as markup.
 *
 * @param selector a tag with classes, for instance `td.number`
 * @param attributes an attribute whose value is undefined or false is left out; true stands for an empty one
 */
export function h(
  selector: string,
  attributes: Record<string, string | boolean | undefined>,
  ...children: Child[]
): PageElement {
  const [tag = "div", ...classes] = selector.split(".");
  const element = browser.document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : harmless(value));
  }
  element.append(...flatten(children));
  return element;
}

function flatten(children: readonly Child[]): (PageElement | string)[] {
  return children.flatMap((child) => {
    if (child === undefined) return [];
    if (typeof child === "string" || typeof child === "number") return [harmless(String(child))];
    return isList(child) ? flatten(child) : [child];
  });
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}

/** @throws Error when the page has no such element. */
export function byId(id: string): PageElement {
  const element = browser.document.getElementById(id);
  if (!element) throw new Error(`The page has no element "${id}".`);
  return element;
}

export interface TableColumn {
  title: string;
  /** Aligns right, for figures. */
  isNumber?: boolean;
}

/** A table with a caption that screen readers announce. */
export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly Child[])[],
): PageElement {
  const kind = (column: number) => (columns[column]?.isNumber === true ? ".number" : "");
  return h(
    "div.scroll",
    { tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption.unseen", {}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(({ title }, index) =>
            title === "" ? h("td", {}) : h(`th${kind(index)}`, { scope: "col" }, title),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, index) => h(`td${kind(index)}`, {}, cell)),
          ),
        ),
      ),
    ),
  );
}

/** A bar that repeats a figure beside it. @param share 0 to 1 */
export function meter(share: number): PageElement {
  const fill = h("span.fill", {});
  fill.style["width"] = `${100 * share}%`;
  return h("span.meter", { "aria-hidden": "true" }, share > 0 ? fill : undefined);
}
