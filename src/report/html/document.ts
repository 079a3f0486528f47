import { formatDurationMs } from "../../support/duration.js";
import { concludeRun, runtimeLabel, startedText } from "../conclusion.js";
import { escapeHtml, harmlessJson } from "../escape.js";
import type { RunResults } from "../model.js";
import type { Tone } from "../standing.js";
import { pageScript } from "./page-script.js";
import { sourceHash } from "./source-hash.js";
import { STYLE } from "./style/index.js";

/**
 * The report as one HTML file that needs nothing else: its policy lets it run its own script and style, named by their
 * hashes, and load nothing. The results are embedded as JSON that no text in them can end.
 *
 * @param benchmarks markup of measurements to show in a view of their own, without script or style
 */
export function htmlDocument(results: RunResults, benchmarks?: string): string {
  const { sentence, early, tone } = concludeRun(results);
  const { run, end } = results;
  const script = pageScript();
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(script)}'`,
    `style-src '${sourceHash(STYLE)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const facts = [
    `${run.endpoint}`,
    `started ${startedText(run)}`,
    ...(end ? [`took ${formatDurationMs(end.durationMs)}`] : []),
    `critique ${run.suiteVersion}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${TITLE_WORDS[tone]}: ${escapeHtml(runtimeLabel(run))} - Critique</title>
<link rel="icon" href="${iconOf(tone)}">
<style>${STYLE}</style>
</head>
<body>
<header class="${tone}">
<p class="brand">Critique <span>CRI conformance</span></p>
<h1>${escapeHtml(sentence)}</h1>
${early === "" ? "" : `<p class="early">${escapeHtml(early)}</p>`}
<p class="facts">${facts.map((fact) => `<span>${escapeHtml(fact)}</span>`).join(" ")}</p>
<div id="counts"></div>
<nav id="nav" aria-label="Parts of the report"></nav>
</header>
<main id="views">
<noscript><p>The list of specs needs JavaScript; summary.md beside this file does not.</p></noscript>
${benchmarks === undefined ? "" : `<div id="measurements" class="measurements">${benchmarks}</div>`}
</main>
<script type="application/json" id="data">${embeddedJson(results)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

const TITLE_WORDS: Record<Tone, string> = {
  good: "As expected",
  bad: "Not as expected",
  unclear: "No verdict",
  neutral: "No verdict",
};

/** Fill of the icon in the browser's tab, which tells several reports apart. */
const ICON_FILLS: Record<Tone, string> = { good: "067647", bad: "b42318", unclear: "b54708", neutral: "667085" };

function iconOf(tone: Tone): string {
  const circle = `%3Ccircle cx='8' cy='8' r='7' fill='%23${ICON_FILLS[tone]}'/%3E`;
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E${circle}%3C/svg%3E`;
}

/** No text can end the script element, begin a comment or be read as markup: every \`<\` is an escape. */
function embeddedJson(results: RunResults): string {
  return harmlessJson(JSON.stringify(results)).replaceAll("<", "\\u003c");
}
