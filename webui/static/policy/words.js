/* How the page writes what a policy holds: shifts with a sign, words one a line. */
import { language } from "../core/i18n.js";

const SHIFT = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3, signDisplay: "exceptZero" });

/** Return a shift such as +0.010. */
export const signed = (value) => SHIFT.format(value);

/** Return the words of a text that has one a line, without the empty lines and what stands there twice. */
export const linesOf = (text) => [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
