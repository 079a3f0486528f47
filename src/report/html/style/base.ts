import { css } from "./css.js";

/** Colours and what every part of the page shares. Colours are pairs for light and dark; all text keeps a contrast of at least 4.5 to 1. */
export const BASE_STYLE = css`
  :root {
    color-scheme: light dark;
    --page: #f5f6f8;
    --card: #fff;
    --ink: #1a1f27;
    --soft: #596372;
    --line: #dde1e7;
    --link: #1d56c4;
    --code: #f0f2f5;
    --bad: #b42318;
    --bad-card: #fdeeec;
    --good: #046c4e;
    --good-card: #e6f6ef;
    --unclear: #8a4b06;
    --unclear-card: #fdf1dc;
    --neutral: #4c5666;
    --neutral-card: #eceff3;
    --bar-bad: #d3382b;
    --bar-good: #159267;
    --bar-unclear: #e29a32;
    --bar-neutral: #b9c1cc;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root {
      --page: #0e1217;
      --card: #161b22;
      --ink: #e5e9ef;
      --soft: #9da8b6;
      --line: #2b333d;
      --link: #84b0ff;
      --code: #1e252e;
      --bad: #ff9d92;
      --bad-card: #3a1a18;
      --good: #6fd6a8;
      --good-card: #102e23;
      --unclear: #f3bd6b;
      --unclear-card: #372812;
      --neutral: #b4bfcd;
      --neutral-card: #252d37;
      --bar-bad: #f0766a;
      --bar-good: #3fae80;
      --bar-unclear: #dda144;
      --bar-neutral: #4a5563;
    }
  }
  * {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  html {
    scroll-padding-top: 1rem;
  }
  body {
    margin: 0 auto;
    max-width: 78rem;
    padding: 1.5rem 1.25rem 4rem;
    background: var(--page);
    color: var(--ink);
    overflow-wrap: anywhere;
    font:
      15px/1.5 system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Noto Sans",
      sans-serif;
  }
  code,
  pre,
  .id,
  .at,
  .when {
    font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: 0.92em;
  }
  a,
  button.link {
    color: var(--link);
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--link);
    outline-offset: 2px;
  }
  .bad {
    --tone: var(--bad);
    --tone-card: var(--bad-card);
    --tone-bar: var(--bar-bad);
  }
  .good {
    --tone: var(--good);
    --tone-card: var(--good-card);
    --tone-bar: var(--bar-good);
  }
  .unclear {
    --tone: var(--unclear);
    --tone-card: var(--unclear-card);
    --tone-bar: var(--bar-unclear);
  }
  .neutral {
    --tone: var(--neutral);
    --tone-card: var(--neutral-card);
    --tone-bar: var(--bar-neutral);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
