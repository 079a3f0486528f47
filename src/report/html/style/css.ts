/** Marks a text as a style sheet, for formatters and editors. */
export const css = String.raw;
