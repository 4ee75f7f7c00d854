/* What a tile says of an image that is held or was rejected: why, in a line, and a way to all of it. Its colours lie behind,
   where the studio shows even those. Loaded when the first such tile is drawn. */
import { api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { wear } from "../core/styles.js";
import { say, toast } from "../overlay/toast.js";
import { openWhy } from "./why.js";

const ACROSS = 4;

/** Fill the tile; nothing if it shows something else by now. */
export async function explain(tile, image) {
  const here = tile.element.querySelector(".withheld");
  if (!here || tile.state !== `${image.id} ${image.moderation}`) return;
  here.append(...[image.reason && h("p", { class: "reason" }, image.reason), h("p", {}, t(`state.${image.moderation}.text`))].filter(Boolean));
  here.after(button({ kind: "explain", label: `${t(`state.${image.moderation}`)}: ${t("why.act")}`, press: () => openWhy(image) }, h("span", {}, icon("info"), t("why.act"))));
  await wear(tile.element.getRootNode(), "withheld").catch(() => null);
  const { colours = [] } = await api(`/images/${image.id}/moderation`).catch(() => ({}));
  if (colours.length && here.isConnected) here.style.background = washOf(colours);
}

/** Return soft spots of these colours, row by row, as a background. */
export function washOf(colours) {
  const spots = colours.map((colour, place) => `radial-gradient(circle at ${spot(place % ACROSS)}% ${spot(Math.floor(place / ACROSS))}%, ${veiled(colour)}, transparent 42%)`);
  return [...spots, "var(--at-hover)"].join(", ");
}

const spot = (place) => (100 * (place + 0.5)) / ACROSS;
const veiled = (colour) => `color-mix(in srgb, ${colour} 22%, transparent)`;

// Whoever waits for a decision hears it wherever they are, also where no tile shows it.
store.addEventListener("moderation", ({ detail: { moderation } }) => {
  if (moderation === "released") toast(t("why.say.released"));
  else if (moderation === "rejected") say(t("why.say.rejected"));
});
