/* Models: what can be drawn with, and what may be asked for. */
import { Models } from "../models/page.js";

export const elements = { models: Models };
