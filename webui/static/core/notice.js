/* The notice that everybody reads, kept up with while the page can be seen. */
import { api } from "./api.js";
import { moment, time, within } from "./format.js";
import { store } from "./store.js";

const EVERY_MS = 60_000;
const LONGEST_MS = 2 ** 31 - 1; // a later timer rings at once
let told = { notice: null, in_force: false, stops: [] };
let change = null;
let hung = null;

/** Begin to ask, and to say "notice" on the store whenever there is another one to tell. */
export function startNotice() {
  const seen = () => document.hidden || askNotice();
  setInterval(seen, EVERY_MS);
  document.addEventListener("visibilitychange", seen);
  // Said by the stream of events, by whoever was refused, and by a connection that is there again.
  for (const said of ["notice-changed", "connection"]) store.addEventListener(said, ({ detail }) => detail?.here === false || askNotice());
}

/** Ask what there is to tell. */
export async function askNotice() {
  const now = await api("/notice").catch(() => null);
  if (!now) return;
  const before = seenOf(told);
  told = now;
  clearTimeout(change);
  if (now.changes_in_s !== null) change = setTimeout(askNotice, Math.min(now.changes_in_s * 1000 + 500, LONGEST_MS));
  if (seenOf(now) === before) return;
  await (hung ??= import("../overlay/strip.js").then(({ hang }) => hang())); // most of the time there is nothing to hang
  store.dispatchEvent(new Event("notice"));
}

const seenOf = ({ changes_in_s: _, ...seen }) => JSON.stringify(seen);

/** Return what is told now. */
export const noticeNow = () => told;

/** Say whether new generations are refused. */
export const closed = () => told.in_force && told.notice?.kind === "maintenance";

/** Return a moment in the reader's zone, with its day unless it is near. */
export const momentOf = (iso) => (within(iso, 1) ? time : moment)(iso);
