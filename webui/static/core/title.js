/* The tab's title: which page, and how many generations are on their way. */
import { has, t } from "./i18n.js";
import { running, store } from "./store.js";

/** Keep the title right, also after Gradio has written its own. */
export function startTitle() {
  store.addEventListener("generation", write);
  new MutationObserver(write).observe(document.head, { childList: true, subtree: true, characterData: true });
  write();
}

function write() {
  const count = running().length;
  const title = `${count ? `(${count}) ` : ""}${t(nameOfPage())} · Atelier`;
  if (document.title !== title) document.title = title;
}

/** Return the key of the word by which the rail leads here: pages are named as their address is. */
function nameOfPage() {
  const key = `nav.${location.pathname.slice(1) || "create"}`;
  return has(key) ? key : "nav.create";
}
