/* System: how the studio stands, and the notice to everybody. */
import { System } from "../system/page.js";

export const elements = { system: System };
