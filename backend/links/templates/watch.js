/* An open page asks every few seconds which of its images are still shown, and lets go of the others; once the link has ended,
   of everything. Without it a page shows what it showed until it is loaded anew. */
(() => {
  const EVERY_MS = 2500;
  const { shownAt } = document.currentScript.dataset;
  let timer = 0;

  async function look() {
    clearTimeout(timer);
    if (document.hidden) return; // whoever comes back asks at once
    const answer = await fetch(shownAt, { cache: "no-cache" }).catch(() => null);
    if (answer?.status === 404) return over();
    const told = answer?.ok && await answer.json().catch(() => null);
    if (told) keep(new Set(told.images));
    clearTimeout(timer);
    timer = setTimeout(look, EVERY_MS);
  }

  function keep(images) {
    const gone = [...document.querySelectorAll("[data-of]")].filter((one) => !images.has(one.dataset.of));
    if (gone.some((one) => one.matches("main"))) return over();
    gone.forEach((one) => one.remove());
    if (gone.length) document.dispatchEvent(new CustomEvent("lost", { detail: gone.length }));
  }

  /* What is here by now says itself why. */
  function over() {
    document.body.replaceChildren();
    location.reload();
  }

  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  timer = setTimeout(look, EVERY_MS);
})();
