/* The tab's title: which page, and how many generations are on their way. */
import { t } from "./i18n.js";
import { running, store } from "./store.js";

const PAGES = { "/": "nav.create", "/history": "nav.history", "/moderation": "nav.moderation", "/admin": "nav.admin", "/account": "nav.account" };

/** Keep the title right, also after Gradio has written its own. */
export function startTitle() {
  store.addEventListener("generation", write);
  new MutationObserver(write).observe(document.head, { childList: true, subtree: true, characterData: true });
  write();
}

function write() {
  const count = running().length;
  const title = `${count ? `(${count}) ` : ""}${t(PAGES[location.pathname] ?? "nav.create")} · Atelier`;
  if (document.title !== title) document.title = title;
}
