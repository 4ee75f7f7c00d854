/* One gallery, whose images the library shows. */
import { Gallery } from "../galleries/one.js";
import { Library } from "../library/page.js";

export const elements = { library: Library, galleries: Gallery };
