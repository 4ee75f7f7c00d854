/* Policy: what is held, tried on the past before it is switched on, and how good that is. */
import { Policy } from "../policy/page.js";

export const elements = { policy: Policy };
