/* Galleries: all that one may open, or one of them, whose images the library shows. */
import { Galleries } from "../galleries/page.js";

const id = new URLSearchParams(location.search).get("id");
const shown = id ? { library: (await import("../library/page.js")).Library } : {};

export const elements = { ...shown, galleries: Galleries };

/** Ask for the images of the one gallery. */
export const ahead = async () => { if (id) (await import("../library/ahead.js")).askAhead(id); };
