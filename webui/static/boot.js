/* Runs before anything is painted: sets the theme, and leaves a handle that Gradio may call while our
   modules are still on their way. A classic script, because a module would come too late for both. */
(() => {
  "use strict";
  const kept = localStorage.getItem("atelier.theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", dark);

  let open;
  const ready = new Promise((resolve) => { open = resolve; });
  const later = (name) => (...values) => ready.then((form) => form[name](...values));
  window.Atelier = {
    open,
    bind: later("bind"),
    restore: later("restore"),
    take: later("take"),
    send: later("send"),
    changed: later("changed"),
    priced: later("priced"),
    chosen: later("chosen"),
    qualityOf: later("qualityOf"),
    lastSeed: later("lastSeed"),
  };
})();
