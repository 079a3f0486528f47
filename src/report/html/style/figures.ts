import { css } from "./css.js";

/** Tables of figures and pictures of them, on the page of benchmarks and in the report of a run. */
export const FIGURES_STYLE = css`
  .measurements .scroll {
    margin-bottom: 1rem;
    overflow-x: auto;
  }
  .measurements table {
    width: auto;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  .measurements th,
  .measurements td {
    padding: 0.2rem 0.7rem 0.2rem 0;
    border-bottom: 1px solid var(--line);
    text-align: right;
    white-space: nowrap;
  }
  .measurements th:first-child,
  .measurements td:first-child {
    text-align: left;
  }
  .measurements .fact-table td {
    text-align: left;
    white-space: normal;
  }
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr));
    gap: 1rem;
  }
  figure {
    max-width: 48rem;
    margin: 0;
    padding: 0.8rem;
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 0.5rem;
    break-inside: avoid;
  }
  figure svg {
    width: 100%;
    height: auto;
    font-size: 12px;
  }
  figcaption {
    color: var(--soft);
  }
  figcaption strong {
    display: block;
    color: var(--ink);
  }
`;
