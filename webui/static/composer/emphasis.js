/* Ctrl+↑ and Ctrl+↓ in a prompt: more or less weight for what is selected, or for the word at the caret. */
import { onKey } from "../core/keys.js";
import { replace } from "./typing.js";

const STEP = 0.1;
const BOXES = "#prompt textarea, #negative_prompt textarea";

/** Listen to the keys. */
export function startEmphasis() {
  onKey("Mod+ArrowUp", (event) => change(event, STEP));
  onKey("Mod+ArrowDown", (event) => change(event, -STEP));
}

/** Return false where nobody is in a prompt, so that the key does what it does elsewhere. */
function change({ target: box }, by) {
  if (!box.matches?.(BOXES)) return false;
  import("./weights.js").then(({ reweighed }) => {
    const changed = reweighed(box.value, box.selectionStart, box.selectionEnd, by);
    if (changed) replace(box, changed);
  });
  return true;
}
