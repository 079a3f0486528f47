/** The style of the report, for light and dark surroundings. */
export const PROVE_STYLE = `
:root { color-scheme: light dark; --line: #8884; --killed: #2e7d32; --survived: #c62828; --untouched: #ef6c00; --quiet: #8886; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .6rem .2rem 0; text-align: left; vertical-align: top; }
.scores td { text-align: right; font-variant-numeric: tabular-nums; }
.scores { width: auto; }
td { overflow-wrap: anywhere; }
code { font-size: .85em; }
.matrix th, .matrix td:nth-child(2) { white-space: nowrap; }
.cell { display: inline-block; width: .6rem; height: .6rem; margin: 0 1px; background: var(--quiet); }
.cell.killed { background: var(--killed); }
.cell.survived { background: var(--survived); }
.cell.untouched { background: var(--untouched); }
.cell.equivalent { background: none; outline: 1px solid var(--quiet); outline-offset: -1px; }
summary { cursor: pointer; }
`;
