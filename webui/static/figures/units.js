/* Figures as people read them: seconds, shares, days of UTC. */
import { language } from "../core/i18n.js";

const unit = (name, digits) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits });
const [FINE, SECONDS, MINUTES, HOURS] = [unit("second", 1), unit("second", 0), unit("minute", 1), unit("hour", 1)];
const SHARE = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
const DATE = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const BYTES = new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });

export const NONE = "–";

/** Return a length of time, such as 0.4 sec or 3.2 min. */
export function seconds(value) {
  if (value === null) return NONE;
  if (value < 120) return (value < 10 ? FINE : SECONDS).format(value);
  return value < 7200 ? MINUTES.format(value / 60) : HOURS.format(value / 3600);
}

export const share = (value) => (value === null ? NONE : SHARE.format(value));
export const shortDay = (iso) => DAY.format(new Date(`${iso}T00:00:00Z`));
export const fullDay = (iso) => DATE.format(new Date(`${iso}T00:00:00Z`));
export const megabytes = (bytes) => BYTES.format(bytes / 1e6);
