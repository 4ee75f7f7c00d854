/* The browser's half of the pages: loads what this page shows and its style sheets, then registers the elements. */
import { me } from "./core/api.js";
import { loadSheets } from "./core/styles.js";
import { guardFetch } from "./core/fetch.js";
import { startTheme } from "./core/theme.js";
import { startEvents } from "./core/events.js";
import { startTitle } from "./core/title.js";
import { startKeys } from "./core/keys.js";
import { startNotice } from "./core/notice.js";
import { loadPage, lookAhead } from "./pages.js";
import { Rail } from "./rail.js";
import { Overlay } from "./overlay/overlay.js";
import { startSignedOut } from "./overlay/signed_out.js";
import { startBanner } from "./overlay/banner.js";

guardFetch();
startTheme();
me().catch(() => null); // nearly everything begins with who this is
lookAhead();
const page = await loadPage();
// From here on what is slow is not the way of our own files: see loadtests/page_rate.py.
performance.mark("atelier.modules");
const elements = { overlay: Overlay, rail: Rail, ...page.elements };
await loadSheets(...Object.values(elements).flatMap((element) => element.sheets));
for (const [name, element] of Object.entries(elements)) customElements.define(`at-${name}`, element);
startSignedOut();
startBanner();
startNotice();
startEvents();
startTitle();
startKeys();
page.start?.();
