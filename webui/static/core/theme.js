/* Light and dark: the person's choice, else the system's. Gradio keeps its own class on the body. */
const KEY = "atelier.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const isDark = () => {
  const kept = localStorage.getItem(KEY);
  return kept ? kept === "dark" : system.matches;
};

function paint() {
  for (const element of [document.documentElement, document.body]) {
    element?.classList.toggle("dark", isDark());
  }
}

/** Choose the other one, and remember it. */
export function toggleTheme() {
  localStorage.setItem(KEY, isDark() ? "light" : "dark");
  paint();
}

/** Keep the page in the chosen theme, also when Gradio or the system changes its mind. */
export function startTheme() {
  paint();
  system.addEventListener("change", paint);
  new MutationObserver(() => {
    if (document.body.classList.contains("dark") !== isDark()) paint();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
}
