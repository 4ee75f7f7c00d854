/* Where tiles lie: rows of squares, or rows filled from edge to edge by pictures of one height. Numbers only, no nodes. */
export const GAP = 8;
const FEWEST_COLUMNS = 2;
const FLATTEST = 3;
const TALLEST = 0.45;

/** Return rows { first, top, height, widths } for pictures of these ratios; those before row `from` are kept. */
export function layOut(ratios, { width, size, square }, kept = []) {
  const rows = [...kept];
  const last = rows.at(-1);
  let place = last ? last.first + last.widths.length : 0;
  let top = last ? last.top + last.height + GAP : 0;
  while (place < ratios.length && width > 0) {
    const row = square ? squares(ratios.length - place, width, size) : filled(ratios, place, width, size);
    rows.push({ first: place, top, ...row });
    place += row.widths.length;
    top += row.height + GAP;
  }
  return rows;
}

function squares(left, width, size) {
  const columns = Math.max(FEWEST_COLUMNS, Math.floor((width + GAP) / (size + GAP)));
  const side = (width - GAP * (columns - 1)) / columns;
  return { height: side, widths: Array(Math.min(left, columns)).fill(side) };
}

/** Return a row that is filled; the last one, which has too few pictures for that, keeps its height. */
function filled(ratios, place, width, size) {
  const inRow = [];
  let across = 0;
  for (let next = place; next < ratios.length; next += 1) {
    const ratio = Math.min(FLATTEST, Math.max(TALLEST, ratios[next]));
    inRow.push(ratio);
    across += ratio;
    const room = width - GAP * (inRow.length - 1);
    if (across * size >= room && (inRow.length >= FEWEST_COLUMNS || across * size >= width)) return rowOf(inRow, room / across);
  }
  return rowOf(inRow, size);
}

const rowOf = (ratios, height) => ({ height, widths: ratios.map((ratio) => ratio * height) });

/** Return the place of the first row that ends below `y`. */
export function rowAt(rows, y) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
