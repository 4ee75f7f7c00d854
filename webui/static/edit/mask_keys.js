/* The keys of the mask editor: tools by a letter, and painting without any pointer. */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export const TOOLS = { brush: "b", eraser: "e", rect: "r", lasso: "l" };
// Keys that press a button keep doing that where one has the focus.
export const OF_BUTTONS = [" ", "Enter", ...Object.keys(WAYS)];
const GROWN = 1.25;

/** Do what a key means to `editor`; returns false where it means nothing. */
export function keyOf(editor, event) {
  if (event.ctrlKey || event.metaKey) return history(editor, event);
  if (event.altKey) return false;
  if (event.key in WAYS) return walk(editor, WAYS[event.key], event.shiftKey);
  if (event.key === " ") return press(editor, event);
  if (event.key === "Enter") return hold(editor);
  const key = event.key.toLowerCase();
  const tool = Object.keys(editor.tools).find((name) => editor.tools[name] === key);
  const plain = {
    "[": () => editor.resize(Math.min(editor.size - 1, editor.size / GROWN)), "]": () => editor.resize(Math.max(editor.size + 1, editor.size * GROWN)),
    "+": () => editor.view.by(1.4), "=": () => editor.view.by(1.4), "-": () => editor.view.by(1 / 1.4), 0: () => editor.view.fit(), ...editor.keys(),
  };
  const act = tool ? () => editor.choose(tool) : plain[key];
  if (!act) return false;
  act();
  return true;
}

function history(editor, { key, shiftKey }) {
  const act = { z: () => (shiftKey ? editor.redo() : editor.undo()), y: () => editor.redo() }[key.toLowerCase()];
  if (!act) return false;
  act();
  return true;
}

/** The arrows move the brush by a quarter of itself, with Shift by one pixel. */
function walk(editor, [dx, dy], fine) {
  const step = fine ? 1 : Math.max(1, editor.size / 4);
  const held = (value, most) => Math.min(most, Math.max(0, value));
  const { view, cursor } = editor;
  editor.hand.keyboard = true;
  editor.cursor = { x: held(cursor.x + dx * step, view.width), y: held(cursor.y + dy * step, view.height) };
  view.reveal(editor.cursor);
  if (editor.line && !editor.hand.down) editor.move(editor.cursor);
  else editor.hover(editor.cursor);
  editor.place();
  return true;
}

/** Space paints where the keys have brought the brush; with a pointer it grips the picture instead. */
function press(editor, { repeat }) {
  const { hand } = editor;
  hand.space = true;
  if (repeat || hand.down) return true;
  if (!hand.keyboard) editor.stage.classList.add("grip");
  else if (!editor.line) editor.begin(editor.cursor);
  return true;
}

/** Enter puts the brush down until it is pressed again, so that no two keys need be held. */
function hold(editor) {
  if (editor.hand.down) return true;
  editor.hand.keyboard = true;
  if (editor.line) editor.end();
  else editor.begin(editor.cursor);
  editor.held = Boolean(editor.line);
  return true;
}
