/* Keyboard shortcuts. Keys without Ctrl, Cmd or Alt are inert while somebody types. */
import { typing } from "./dom.js";
import { covered } from "../overlay/overlay.js";

const mac = /mac/i.test(navigator.platform);
export const generateKeys = mac ? "⌘ Enter" : "Ctrl Enter";
export const weightKeys = mac ? "⌘ ↑ ↓" : "Ctrl ↑ ↓";
export const recallKeys = mac ? "⌥ ↑ ↓" : "Alt ↑ ↓";
const actions = new Map();

/** Show the list of keys, which is loaded when somebody asks for it. */
export const openKeys = async () => (await import("../overlay/keys_help.js")).showKeys();

/** Let `press` answer a key: `Mod+Enter`, `/`, `?`, `Shift+A`, `j`. It returns false to let it pass. */
export function onKey(name, press) {
  actions.set(name, press);
  return () => { if (actions.get(name) === press) actions.delete(name); };
}

/** Listen on the document. */
export function startKeys() {
  onKey("?", () => void openKeys());
  document.addEventListener("keydown", (event) => {
    const press = actions.get(nameOf(event));
    // What a dialog covers does not hear keys; the dialog has its own.
    if (!press || event.isComposing || covered()) return;
    if (typing(event) && !(event.ctrlKey || event.metaKey || event.altKey)) return;
    if (press(event) !== false) event.preventDefault();
  });
}

function nameOf(event) {
  if (event.ctrlKey || event.metaKey) return `Mod+${event.key}`;
  if (event.altKey) return `Alt+${event.key}`;
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  return letter && event.shiftKey ? `Shift+${event.key.toUpperCase()}` : event.key;
}
