/* Numbers and times as the reader's language and zone write them. */
import { language } from "./i18n.js";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const date = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const plain = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
/** Return credits: a decimal, and two figures of less than one. */
export const credits = (value) => (Math.abs(value) < 1 ? fine : short).format(value);

/** Say whether an ISO time is at most so many days from now. */
export const within = (iso, days) => Date.parse(iso) - Date.now() <= days * 86400000;

/** Return how long ago an ISO time was, such as "3 min. ago". */
export function ago(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  }
  return relative.format(0, "second");
}

const near = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
/** Return a time of this year, or nearly, such as "Nov 22, 12:00 AM". */
export const moment = (iso) => near.format(new Date(iso));
export const when = (iso) => exact.format(new Date(iso));
export const time = (iso) => clock.format(new Date(iso));
export const day = (iso) => date.format(new Date(iso));
const inMonth = new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" });
/** Return a month such as 2026-11 in words. */
export const month = (name) => inMonth.format(new Date(`${name}-01T00:00:00Z`));
const ofYear = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
/** Return the name of a month such as 2026-11 without its year, short. */
export const shortMonth = (name) => ofYear.format(new Date(`${name}-01T00:00:00Z`));
export const number = (value) => plain.format(value);
export const decimal = (value) => short.format(value);

const unit = (name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 });
const LENGTHS = [...UNITS, ["second", 1]].map(([name, size]) => [unit(name), size]);

/** Return a length of time in its largest unit, such as "3 min". */
export function lasting(seconds) {
  const [format, size] = LENGTHS.find(([, least]) => seconds >= least) ?? LENGTHS.at(-1);
  return format.format(Math.floor(seconds / size));
}

/** Return the days between an ISO time and today in the reader's zone; 0 is today. */
export function daysAgo(iso) {
  const then = new Date(iso);
  const now = new Date();
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  return Math.round((midnight(now) - midnight(then)) / 86400000);
}
