/* Usage: what was drawn, for how many credits, how fast. */
import { Report } from "../usage/page.js";

export const elements = { report: Report };
