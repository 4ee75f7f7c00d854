/* One stream of events a tab. It closes when the tab has been hidden for half a minute, because a browser
   keeps no more than six connections to one host, and comes back with a snapshot when the tab does. */
import { api } from "./api.js";
import { ended, find, learn, learnModeration, learnPreview, learnProgress, learnWait, running, store } from "./store.js";

const HIDDEN_MS = 30_000;
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
let source = null;
let attempt = 0;
let retry = null;
let hiding = null;

/** Open the stream and keep it open for as long as somebody may be looking. */
export function startEvents() {
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? hide() : show()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  addEventListener("online", () => { close(); open(); });
  addEventListener("offline", () => { if (source) lost(); });
}

function open() {
  if (source) return;
  source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => connection(true));
  source.addEventListener("error", lost);
  hear("snapshot", snapshot);
  hear("generation", learn);
  hear("wait", learnWait);
  hear("progress", learnProgress);
  hear("preview", learnPreview);
  hear("moderation", learnModeration);
  hear("notice", () => store.dispatchEvent(new Event("notice-changed")));
  for (const type of ["run", "comment", "withdrawn", "escalated"]) hear(type, (detail) => store.dispatchEvent(new CustomEvent(type, { detail })));
}

function hear(type, learned) {
  source.addEventListener(type, (event) => learned(JSON.parse(event.data)));
}

/** Take in what runs now, and ask after what we thought was running and is not. */
async function snapshot({ generations, previews }) {
  const named = new Set(generations.map((one) => one.id));
  const missed = running().filter((one) => !named.has(one.id));
  generations.forEach(learn);
  Object.entries(previews ?? {}).forEach(([id, preview]) => learnPreview({ ...preview, generation_id: id }));
  for (const one of missed) await refresh(one.id).catch(() => null);
}

/** Ask the API after a generation whose end we may have missed. */
async function refresh(id) {
  const now = await api(`/generations/${id}`);
  if (!ended(find(id))) learn(now);
}

/** Ask the API for a generation that was just accepted, unless the stream is faster. */
export async function meet(id) {
  const now = find(id) ?? await api(`/generations/${id}`);
  if (!find(id)) learn(now);
  return now;
}

function lost() {
  close();
  connection(false);
  // A stream cannot say why it ended; an ordinary request finds out whether the session has.
  api("/me").catch(() => null);
  retry = setTimeout(open, WAITS_MS[Math.min(attempt++, WAITS_MS.length - 1)]);
}

function connection(here) {
  if (here) attempt = 0;
  store.dispatchEvent(new CustomEvent("connection", { detail: { here, attempt } }));
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function hide() {
  hiding = setTimeout(close, HIDDEN_MS);
}

function show() {
  clearTimeout(hiding);
  open();
}
