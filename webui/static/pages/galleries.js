/* Galleries: all that one may open, or one of them. */
import { Galleries } from "../galleries/page.js";

export const elements = { galleries: Galleries };
