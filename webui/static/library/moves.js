/* The keys of the grid: from tile to tile, opening, selecting, and what is said of a picture with one letter. */
import { STATUSES } from "../core/changes.js";

/** Return where a key leads from the active tile, or null. */
export function target(key, grid, count) {
  const { active } = grid;
  if (key === "ArrowRight") return Math.min(active + 1, count - 1);
  if (key === "ArrowLeft") return Math.max(active - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key === "ArrowDown") return beside(grid, 1);
  if (key === "ArrowUp") return beside(grid, -1);
  return null;
}

/** Return the tile of the next row whose middle is nearest. */
function beside(grid, step) {
  const row = grid.rows[grid.rowOf(grid.active)];
  const next = grid.rows[grid.rowOf(grid.active) + step];
  if (!next) return grid.active;
  const middle = middleOf(row, grid.active - row.first);
  const far = next.widths.map((_, index) => Math.abs(middleOf(next, index) - middle));
  return next.first + far.indexOf(Math.min(...far));
}

const middleOf = (row, index) => row.widths.slice(0, index).reduce((sum, one) => sum + one, 0) + row.widths[index] / 2;

/** Return what a key changes of an image, or null. */
export function changeBy(key, image) {
  if (key === "." || key === "f") return { starred: !image.starred };
  if (/^[0-5]$/.test(key) && image.can_curate) return { status: STATUSES[Number(key)] };
  return null;
}
