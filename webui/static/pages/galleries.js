/* Galleries: all that one may open. */
import { Galleries } from "../galleries/page.js";

export const elements = { galleries: Galleries };
