/* People: who may come in and what they may do. */
import { People } from "../people/page.js";

export const elements = { people: People };
