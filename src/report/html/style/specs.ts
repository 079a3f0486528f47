import { css } from "./css.js";

/** The filters and the rows of the list. */
export const SPECS_STYLE = css`
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: end;
  }
  .field {
    display: flex;
    flex-direction: column;
    gap: 0.15rem;
  }
  .field:first-child {
    flex: 1 1 16rem;
  }
  .field label,
  .label {
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--soft);
  }
  .filters input,
  .filters select,
  .filters button,
  .more {
    padding: 0.4rem 0.6rem;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--card);
    min-height: 2.4rem;
    max-width: 100%;
  }
  .filters button,
  .more {
    cursor: pointer;
  }
  .filters button:hover,
  .more:hover {
    border-color: var(--soft);
  }
  .count {
    margin: 0.75rem 0 0.4rem;
    color: var(--soft);
  }
  .more {
    display: block;
    margin: 1rem auto;
  }

  .specs {
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--card);
    overflow: clip;
  }
  .specs:empty {
    display: none;
  }
  .spec + .spec {
    border-top: 1px solid var(--line);
  }
  .spec > summary {
    display: grid;
    grid-template-columns: 0.6rem 8.8rem 5.2rem 1fr auto 4.2rem;
    gap: 0 0.75rem;
    align-items: baseline;
    padding: 0.5rem 1rem;
    cursor: pointer;
    list-style: none;
  }
  .spec > summary::-webkit-details-marker {
    display: none;
  }
  .spec > summary::before {
    content: "";
    align-self: start;
    margin-top: 0.45em;
    width: 0.45rem;
    height: 0.45rem;
    border: solid var(--soft);
    border-width: 0 2px 2px 0;
    transform: rotate(-45deg);
  }
  .spec[open] > summary::before {
    transform: rotate(45deg);
  }
  .spec > summary:hover,
  .spec[open] > summary {
    background: color-mix(in srgb, var(--code) 55%, transparent);
  }
  .spec > summary:focus-visible {
    outline-offset: -3px;
  }
  .badge {
    justify-self: start;
    display: inline-block;
    padding: 0 0.55rem;
    border-radius: 999px;
    background: var(--tone-card);
    color: var(--tone);
    font-size: 0.82rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .id {
    font-weight: 600;
    white-space: nowrap;
  }
  .title {
    min-width: 0;
  }
  .why {
    display: block;
    color: var(--soft);
    font-size: 0.9rem;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .spec[open] > summary .why {
    display: none;
  }
  .level,
  .took {
    color: var(--soft);
    font-size: 0.88rem;
    white-space: nowrap;
  }
  .took {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
`;
