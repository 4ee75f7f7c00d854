/* Recipes: chains of edits to run again, and how their runs go. */
import { Recipes } from "../recipes/page.js";

export const elements = { recipes: Recipes };
