/* History: everything this person has made. */
import { History } from "../history/page.js";
import { Run } from "../history/run.js";

export const elements = { run: Run, history: History };
