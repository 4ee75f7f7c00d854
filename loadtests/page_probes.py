"""Scripts that watch a page from within, and tell when something of it was painted.

"Painted" is: the picture is in the document and loaded, if it is in the window also decoded, and a frame has been drawn since.
Each begins with the page, looks once a frame, and keeps what it saw in `window.seen`; milliseconds since the navigation began,
but for `PREVIEW`.
"""

from __future__ import annotations

from typing import Final

TILES: Final = 60

# The gallery: when its element stood in the page, when the first sixty tiles were painted, and when those outside of the
# window were decoded as well, which no browser does before one scrolls.
GALLERY: Final = """(() => {
  const seen = (window.seen = {});
  const mark = (name) => { seen[name] ??= performance.now(); };
  const frames = (done) => requestAnimationFrame(() => requestAnimationFrame(done));
  const find = (root, tag) => root && (root.querySelector(tag) ?? [...root.querySelectorAll("at-galleries")].map((one) => one.shadowRoot && find(one.shadowRoot, tag)).find(Boolean));
  const isInWindow = (one) => { const { top, bottom } = one.getBoundingClientRect(); return bottom > 0 && top < innerHeight; };
  const decoded = (some) => Promise.all(some.map((one) => one.decode()));
  const look = () => {
    const library = find(document, "at-library");
    if (library?.shadowRoot) mark("element");
    const cells = [...library?.shadowRoot?.querySelectorAll(".cell") ?? []].slice(0, TILES);
    if (cells.length) mark("first tile");
    const pictures = cells.map((cell) => cell.querySelector("img"));
    if (cells.length < TILES || !pictures.every((one) => one?.complete && one.naturalWidth)) return requestAnimationFrame(look);
    return decoded(pictures.filter(isInWindow)).then(() => frames(() => { mark("painted"); decoded(pictures).then(() => mark("all decoded")); }));
  };
  requestAnimationFrame(look);
})()""".replace("TILES", str(TILES))

# Create: when its prompt could be written in.
CREATE: Final = """(() => {
  const seen = (window.seen = {});
  const look = () => {
    const prompt = document.querySelector("#prompt textarea");
    const box = prompt?.getBoundingClientRect();
    if (!box?.width || !box.height || prompt.disabled || prompt.readOnly || getComputedStyle(prompt).visibility !== "visible") return requestAnimationFrame(look);
    return requestAnimationFrame(() => { seen["prompt"] = performance.now(); });
  };
  requestAnimationFrame(look);
})()"""

# Create: when Generate was pressed, and when the first preview after that was painted, by the clock on the wall.
PREVIEW: Final = """() => new Promise((resolve) => {
  const told = {};
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) told.pressed ??= Date.now(); }, { capture: true });
  const before = new Set(previews());
  function* shadows(root) {
    for (const one of root.querySelectorAll("at-feed, at-card")) if (one.shadowRoot) { yield one.shadowRoot; yield* shadows(one.shadowRoot); }
  }
  function previews() {
    return [...shadows(document)].flatMap((root) => [...root.querySelectorAll("img.soft")]);
  }
  const look = () => {
    const fresh = told.pressed && previews().find((one) => !before.has(one) && one.complete && one.naturalWidth && one.classList.contains("in"));
    if (!fresh) return requestAnimationFrame(look);
    return fresh.decode().then(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve({ ...told, painted: Date.now() }))));
  };
  requestAnimationFrame(look);
})"""

# What a page loaded and when, in milliseconds since the navigation began.
LOADED: Final = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const ended = (wanted) => performance.getEntriesByType("resource").filter((one) => wanted(new URL(one.name).pathname)).map((one) => one.responseEnd);
  return {
    html: page.responseEnd,
    modules: performance.getEntriesByName("atelier.modules")[0]?.startTime ?? 0,
    gradio: Math.max(0, ...ended((path) => path.startsWith("/assets/"))),
    found: ended((path) => path === "/api/v1/library")[0] ?? 0,
    pictures: ended((path) => path === "/api/v1/library/thumbs")[2] ?? 0,
    ...window.seen,
  };
}"""

# Scroll to the end of what is found; return how many were reached, and how many tiles there were at most.
TO_THE_END: Final = """async () => {
  const library = document.querySelector("at-library") ?? document.querySelector("at-galleries").shadowRoot.querySelector("at-library");
  const { results, shadowRoot } = library;
  let mounted = 0;
  while (!results.ended) {
    scrollTo(0, document.documentElement.scrollHeight);
    const count = results.items.length;
    await results.more();
    await new Promise(requestAnimationFrame);
    mounted = Math.max(mounted, shadowRoot.querySelectorAll(".cell").length);
    if (results.items.length === count && !results.ended) throw new Error("no more came");
  }
  return { reached: results.items.length, mounted };
}"""
