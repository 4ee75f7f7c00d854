/* Alt+↑ and Alt+↓ in the prompt: one's own earlier prompts, and back to what was being typed. */
import { api } from "../core/api.js";
import { onKey } from "../core/keys.js";
import { replace } from "./typing.js";

const MOST = 100;
let walk = null; // {prompts: what was typed, then the earlier ones, newest first; place: which of them is shown}

/** Listen to the keys. */
export function startRecall() {
  onKey("Alt+ArrowUp", (event) => step(event, 1));
  onKey("Alt+ArrowDown", (event) => step(event, -1));
}

function step({ target: box }, by) {
  if (!box.matches?.("#prompt textarea")) return false;
  go(box, by).catch(() => null);
  return true;
}

async function go(box, by) {
  if (walk?.prompts[walk.place] !== box.value) {
    if (by < 0) return;
    const typed = box.value;
    walk = { prompts: [typed, ...await earlier(typed)], place: 0 };
    if (box.value !== typed) return; // typed on meanwhile
  }
  const place = walk.place + by;
  if (place < 0 || place >= walk.prompts.length) return;
  walk.place = place;
  const insert = walk.prompts[place];
  replace(box, { from: 0, to: box.value.length, insert, start: insert.length, end: insert.length });
}

/** Return one's latest prompts but `typed`, each once. */
async function earlier(typed) {
  const { items } = await api(`/generations?limit=${MOST}`);
  return [...new Set(items.map((one) => one.parameters.prompt))].filter((prompt) => prompt && prompt !== typed);
}
