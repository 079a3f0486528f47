import { escapeHtml } from "../../report/escape.js";
import { sourceHash } from "../../report/html/source-hash.js";
import { BASE_STYLE } from "../../report/html/style/base.js";
import { css } from "../../report/html/style/css.js";
import { FIGURES_STYLE } from "../../report/html/style/figures.js";
import type { Picture } from "../pictures/chart.js";

export interface PageContent {
  title: string;
  /** The result in one sentence. */
  sentence: string;
  /** Whether everything is as it should be. */
  good: boolean;
  /** Sections made by the functions here; empty ones are left out. */
  body: readonly string[];
}

const STYLE = [
  BASE_STYLE,
  FIGURES_STYLE,
  css`
    header {
      border-left: 0.5rem solid var(--bar-bad);
      padding-left: 1rem;
    }
    header.good {
      border-color: var(--bar-good);
    }
    section {
      margin-top: 2rem;
    }
    h2 {
      margin: 0 0 0.6rem;
      font-size: 1.15rem;
    }
  `,
].join("");

/** One page that needs nothing else: no script, nothing to load. */
export function htmlPage({ title, sentence, good, body }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '${sourceHash(STYLE)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} - Critique</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header class="${good ? "good" : "bad"}">
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(sentence)}</p>
</header>
<main class="measurements">
${body.filter((part) => part !== "").join("\n")}
</main>
</body>
</html>
`;
}

/** A part of the page; nothing where there is nothing to show. */
export function section(title: string, content: string): string {
  const id = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return content === "" ? "" : `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${content}\n</section>`;
}

export function htmlList(items: readonly string[]): string {
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("\n")}</ul>`;
}

export function htmlTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`);
  // A wide table scrolls by itself; with a tab stop so that the keyboard can do it too.
  return `<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

/** Names and values, one pair a line. */
export function factTable(facts: Readonly<Record<string, string>>): string {
  const rows = Object.entries(facts).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table class="fact-table"><tbody>${rows.join("\n")}</tbody></table>`;
}

/** Pictures with their captions; who cannot see one hears what it shows, and has the table. */
export function figures(pictures: readonly Picture[]): string {
  const parts = pictures.map(({ title, description, svg }) => {
    const label = escapeHtml(`${title}. ${description}`);
    const caption = `<figcaption><strong>${escapeHtml(title)}</strong>${escapeHtml(description)}</figcaption>`;
    return `<figure>${svg.replace("<svg ", `<svg role="img" aria-label="${label}" `)}${caption}</figure>`;
  });
  return parts.length === 0 ? "" : `<div class="figures">${parts.join("\n")}</div>`;
}
