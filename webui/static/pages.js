/* Which modules a page needs, by its address: each page loads what it shows, and no other page's. */
const PAGES = {
  "/": () => import("./pages/create.js"),
  "/library": () => import("./pages/library.js"),
  "/history": () => import("./pages/history.js"),
  "/galleries": () => import("./pages/galleries.js"),
  "/moderation": () => import("./pages/moderation.js"),
  "/admin": () => import("./pages/admin.js"),
  "/people": () => import("./pages/people.js"),
  "/usage": () => import("./pages/usage.js"),
  "/models": () => import("./pages/models.js"),
  "/system": () => import("./pages/system.js"),
  "/account": () => import("./pages/account.js"),
};

/** Load the modules of the page at this address; `elements` are the ones to register, by name. */
export const loadPage = async () => (await PAGES[location.pathname]?.()) ?? { elements: {} };
