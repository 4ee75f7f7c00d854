/* Vote: two images side by side, and which is better. */
import { Vote } from "../vote/page.js";

export const elements = { vote: Vote };
