/* A banner while the stream of events is broken, after a short grace for blinks. */
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { overlay } from "./overlay.js";
import { toast } from "./toast.js";

const GRACE_MS = 2_500;
let banner = null;
let waiting = null;

/** Say whether the page has been cut off for longer than a blink. */
export const cutOff = () => banner !== null;

export function startBanner() {
  store.addEventListener("connection", ({ detail }) => (detail.here ? hide() : wait()));
}

function wait() {
  if (banner || waiting) return;
  waiting = setTimeout(() => {
    waiting = null;
    banner = h("div", { class: "banner", role: "status" }, icon("warning"), t("trouble.offline"));
    overlay().shadowRoot.append(banner);
    store.dispatchEvent(new Event("cut-off"));
  }, GRACE_MS);
}

function hide() {
  clearTimeout(waiting);
  waiting = null;
  if (!banner) return;
  banner.remove();
  banner = null;
  store.dispatchEvent(new Event("cut-off"));
  toast(t("trouble.online"));
}
