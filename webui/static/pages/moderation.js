/* Moderation: what the safety checker held back, and the case beside it. */
import { ReviewCase } from "../moderation/case.js";
import { Moderation } from "../moderation/list.js";

export const elements = { case: ReviewCase, moderation: Moderation };
