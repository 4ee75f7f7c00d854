/* Galleries: all that one may open, or one of them, whose images the library shows. */
import { Galleries } from "../galleries/page.js";

const shown = new URLSearchParams(location.search).has("id") ? { library: (await import("../library/page.js")).Library } : {};

export const elements = { ...shown, galleries: Galleries };
