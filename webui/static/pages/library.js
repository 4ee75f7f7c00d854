/* The library: every image that this person may come across. */
import { Library } from "../library/page.js";

export const elements = { library: Library };
