import { css } from "./css.js";

/** The verdict, the counts and the navigation. */
export const HEADER_STYLE = css`
  header {
    background: var(--card);
    border: 1px solid var(--line);
    border-top: 5px solid var(--tone-bar);
    border-radius: 10px;
    padding: 1.25rem 1.5rem 0;
  }
  .brand {
    margin: 0;
    font-weight: 650;
    letter-spacing: 0.01em;
  }
  .brand span,
  .facts {
    color: var(--soft);
    font-weight: 400;
  }
  h1 {
    margin: 0.35rem 0 0.5rem;
    font-size: 1.55rem;
    line-height: 1.3;
    font-weight: 650;
  }
  .early {
    margin: 0 0 0.5rem;
    color: var(--unclear);
    font-weight: 600;
  }
  .facts {
    margin: 0;
    display: flex;
    flex-wrap: wrap;
    gap: 0 1.25rem;
  }
  .bar {
    display: flex;
    gap: 2px;
    height: 12px;
    margin: 1.1rem 0 0.6rem;
    border-radius: 6px;
    overflow: hidden;
  }
  .bar span {
    min-width: 5px;
    background: var(--tone-bar);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem;
  }
  .count-button {
    border: 1px solid transparent;
    border-radius: 999px;
    padding: 0.1rem 0.75rem;
    background: var(--tone-card);
    color: var(--tone);
    cursor: pointer;
  }
  .count-button:hover {
    border-color: currentColor;
  }
  .kinds {
    margin: 0.4rem 0 0;
    color: var(--soft);
    font-size: 0.9rem;
  }
  nav {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1.5rem;
    margin-top: 1.1rem;
    border-top: 1px solid var(--line);
  }
  nav a {
    padding: 0.6rem 0;
    color: var(--soft);
    text-decoration: none;
    border-bottom: 3px solid transparent;
  }
  nav a:hover {
    color: var(--ink);
  }
  nav a[aria-current] {
    color: var(--ink);
    font-weight: 600;
    border-color: var(--link);
  }

  main {
    margin-top: 1.25rem;
  }
  h3 {
    font-size: 1rem;
    margin: 1.25rem 0 0.5rem;
  }
`;
