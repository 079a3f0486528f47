import { BASE_STYLE } from "./base.js";
import { DETAIL_STYLE } from "./detail.js";
import { FIGURES_STYLE } from "./figures.js";
import { HEADER_STYLE } from "./header.js";
import { MEDIA_STYLE } from "./media.js";
import { SPECS_STYLE } from "./specs.js";

/** The page's whole style sheet. */
export const STYLE = [BASE_STYLE, HEADER_STYLE, SPECS_STYLE, DETAIL_STYLE, FIGURES_STYLE, MEDIA_STYLE].join("");
