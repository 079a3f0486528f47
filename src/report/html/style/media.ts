import { css } from "./css.js";

/** Narrow screens and paper; it overrides what stands before it. */
export const MEDIA_STYLE = css`
  @media (max-width: 46rem) {
    body {
      padding: 0.75rem 0.6rem 3rem;
    }
    header {
      padding: 1rem 1rem 0;
    }
    h1 {
      font-size: 1.25rem;
    }
    .spec > summary {
      grid-template-columns: 0.6rem auto auto 1fr;
      padding: 0.6rem 0.75rem;
    }
    .spec > summary .title {
      grid-column: 1 / -1;
      order: 1;
    }
    .spec > summary .level {
      justify-self: end;
    }
    .spec > summary .took {
      display: none;
    }
    .detail {
      margin-left: 0.5rem;
      padding: 0.25rem 0.75rem 1rem;
    }
    .call {
      grid-template-columns: 4.2rem 1fr auto;
    }
    .call .took,
    .call .when {
      display: none;
    }
    .calls .fold {
      margin-left: 0;
    }
    .field {
      flex: 1 1 8rem;
    }
    .facts-list > div {
      grid-template-columns: 8rem 1fr;
    }
  }

  @media print {
    :root {
      color-scheme: light;
    }
    body {
      max-width: none;
      padding: 0;
      background: none;
      font-size: 10pt;
    }
    .view > h2 {
      position: static;
      width: auto;
      height: auto;
      clip-path: none;
      font-size: 14pt;
    }
    nav,
    .filters,
    .more,
    .count {
      display: none;
    }
    header {
      padding-bottom: 1rem;
    }
    header,
    .specs,
    #view-findings > div,
    #view-coverage > div,
    #view-slowest > div,
    .environment > section {
      border-radius: 0;
    }
    .spec > summary,
    tr,
    .calls > li {
      break-inside: avoid;
    }
    .view + .view {
      break-before: page;
    }
    td pre,
    .fold > pre {
      max-height: none;
    }
    .bar,
    .badge,
    .count-button,
    .meter,
    .when {
      print-color-adjust: exact;
    }
  }
`;
