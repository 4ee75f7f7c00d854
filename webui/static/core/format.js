/* Numbers and times as the reader's language and zone write them. */
import { language } from "./i18n.js";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const date = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const plain = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Return how long ago an ISO time was, such as "3 min. ago". */
export function ago(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  }
  return relative.format(0, "second");
}

export const when = (iso) => exact.format(new Date(iso));
export const time = (iso) => clock.format(new Date(iso));
export const day = (iso) => date.format(new Date(iso));
export const number = (value) => plain.format(value);
export const decimal = (value) => short.format(value);

/** Return the days between an ISO time and today in the reader's zone; 0 is today. */
export function daysAgo(iso) {
  const then = new Date(iso);
  const now = new Date();
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  return Math.round((midnight(now) - midnight(then)) / 86400000);
}
