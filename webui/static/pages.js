/* Which modules a page needs, by its address: each page loads what it shows, and no other page's. One gallery is a page of its
   own. `webui/modules.py` reads this table, so that a browser is told of all of them at once. */
const PAGES = {
  "/": () => import("./pages/create.js"),
  "/library": () => import("./pages/library.js"),
  "/history": () => import("./pages/history.js"),
  "/recipes": () => import("./pages/recipes.js"),
  "/galleries": () => import("./pages/galleries.js"),
  "/galleries?id": () => import("./pages/gallery.js"),
  "/moderation": () => import("./pages/moderation.js"),
  "/admin": () => import("./pages/admin.js"),
  "/people": () => import("./pages/people.js"),
  "/usage": () => import("./pages/usage.js"),
  "/models": () => import("./pages/models.js"),
  "/policy": () => import("./pages/policy.js"),
  "/system": () => import("./pages/system.js"),
  "/vote": () => import("./pages/vote.js"),
  "/account": () => import("./pages/account.js"),
};

const SHOW_IMAGES = ["/library", "/galleries?id"];

const gallery = location.pathname === "/galleries" ? new URLSearchParams(location.search).get("id") : null;
const address = gallery ? "/galleries?id" : location.pathname;

/** Load the modules of the page at this address; `elements` are the ones to register, by name. */
export const loadPage = async () => (await PAGES[address]?.()) ?? { elements: {} };

/** Ask for the images that the page at this address begins with, before the modules are there that show them. */
export async function lookAhead() {
  if (SHOW_IMAGES.includes(address)) (await import("./library/ahead.js")).askAhead(gallery);
}
