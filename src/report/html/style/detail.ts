import { css } from "./css.js";

/** What unfolds under a row, and the other views. */
export const DETAIL_STYLE = css`
  .detail {
    padding: 0.25rem 1rem 1.25rem 1.25rem;
    margin-left: 1rem;
    border-left: 3px solid var(--line);
    margin-bottom: 0.75rem;
  }
  .detail p {
    margin: 0.5rem 0;
  }
  .label {
    margin-right: 0.6rem;
  }
  .attempt + .attempt {
    margin-top: 1rem;
    border-top: 1px dashed var(--line);
  }
  .reason {
    white-space: pre-wrap;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    width: 100%;
    margin: 0.5rem 0;
  }
  th,
  td {
    text-align: left;
    vertical-align: top;
    padding: 0.35rem 0.75rem 0.35rem 0;
    border-bottom: 1px solid var(--line);
  }
  th {
    font-size: 0.8rem;
    color: var(--soft);
    font-weight: 600;
    overflow-wrap: normal;
  }
  .detail table {
    table-layout: fixed;
  }
  .number {
    text-align: right;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  pre {
    margin: 0;
    white-space: pre-wrap;
  }
  td pre {
    max-height: 24rem;
    overflow-y: auto;
  }
  .expected {
    color: var(--good);
  }
  .seen {
    color: var(--bad);
  }
  .fold {
    margin: 0.6rem 0;
  }
  .fold > summary {
    cursor: pointer;
    color: var(--link);
    width: fit-content;
  }
  .fold > pre {
    background: var(--code);
    border-radius: 6px;
    padding: 0.6rem 0.8rem;
    max-height: 30rem;
    overflow-y: auto;
  }
  ul {
    margin: 0.2rem 0 0.6rem;
    padding-left: 1.2rem;
  }
  .calls {
    list-style: none;
    margin: 0.4rem 0;
    padding: 0;
  }
  .calls > li {
    border-bottom: 1px solid var(--line);
    padding: 0.2rem 0;
  }
  .calls .fold {
    margin: 0 0 0.3rem 5.5rem;
    font-size: 0.9rem;
  }
  .call {
    display: grid;
    grid-template-columns: 5rem minmax(9rem, 16rem) 8rem 4rem 1fr;
    gap: 0 0.5rem;
    align-items: center;
  }
  .at {
    color: var(--soft);
    text-align: right;
  }
  .ok {
    color: var(--good);
  }
  .notok {
    color: var(--bad);
    font-weight: 600;
  }
  .message {
    grid-column: 2 / -1;
    color: var(--bad);
    font-size: 0.88em;
  }
  .when,
  .meter {
    display: block;
    height: 8px;
    border-radius: 4px;
    background: var(--code);
    overflow: hidden;
    min-width: 4rem;
  }
  .meter {
    margin-top: 0.45rem;
    min-width: 8rem;
  }
  .fill {
    display: block;
    height: 100%;
    min-width: 2px;
    border-radius: 4px;
    background: var(--link);
  }
  .identity {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.75rem;
    margin: 1rem 0 0;
    font-size: 0.9rem;
  }
  .identity dt {
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--soft);
  }
  .identity dd {
    margin: 0;
  }
  .uncalled {
    color: var(--soft);
  }
  button.link {
    border: 0;
    padding: 0;
    background: none;
    text-decoration: underline;
    cursor: pointer;
    text-align: left;
  }
  .finding h3 .badge {
    margin-right: 0.6rem;
  }
  #view-findings > div,
  #view-coverage > div,
  #view-slowest > div,
  .environment > section {
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 10px;
    padding: 0.75rem 1.25rem;
  }
  .environment {
    columns: 30rem;
    column-gap: 1rem;
  }
  .environment > section {
    break-inside: avoid;
    margin-bottom: 1rem;
  }
  h3:first-child {
    margin-top: 0.25rem;
  }
  .facts-list {
    margin: 0;
  }
  .facts-list > div {
    display: grid;
    grid-template-columns: 11rem 1fr;
    gap: 0 1rem;
    padding: 0.35rem 0;
    border-top: 1px solid var(--line);
  }
  .facts-list dt {
    color: var(--soft);
  }
  .facts-list dd {
    margin: 0;
    min-width: 0;
  }
`;
