/* The library: every image that this person may come across. */
import { askAhead } from "../library/ahead.js";
import { Library } from "../library/page.js";

export const elements = { library: Library };
export const ahead = () => askAhead();
