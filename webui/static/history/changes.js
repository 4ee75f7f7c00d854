/* Which words of a prompt are other ones than in the prompt before. Pure functions. */
const LONGEST = 400; // words; beyond that a comparison says nothing that one could read
const ALIKE = 0.3;
const WORDS = /[^\s,;.]+|[,;.]|\s+/g;

/** Return the prompt in pieces, each `same`, `added` or `gone` against the one before; one piece when they have little in common. */
export function wordChanges(before, now) {
  const [old, fresh] = [before, now].map((text) => text.match(WORDS) ?? []);
  const whole = [{ kind: "same", text: now }];
  if (before === now || Math.max(old.length, fresh.length) > LONGEST) return whole;
  const pieces = merged(walk(old, fresh, common(old, fresh)));
  const kept = lettersOf(pieces.filter((one) => one.kind === "same"));
  return kept < ALIKE * Math.max(before.length, now.length) ? whole : pieces;
}

const lettersOf = (pieces) => pieces.reduce((sum, { text }) => sum + text.trim().length, 0);

/** Return the lengths of the longest common subsequences of every two ends: [i][j] of old from i and fresh from j. */
function common(old, fresh) {
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      table[i][j] = old[i] === fresh[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

function walk(old, fresh, table) {
  const pieces = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      pieces.push({ kind: "same", text: fresh[j] });
      i += 1;
      j += 1;
    } else if (j >= fresh.length || (i < old.length && table[i + 1][j] >= table[i][j + 1])) {
      pieces.push({ kind: "gone", text: old[i] });
      i += 1;
    } else {
      pieces.push({ kind: "added", text: fresh[j] });
      j += 1;
    }
  }
  return pieces;
}

/** Join neighbours of one kind. */
function merged(pieces) {
  return pieces.reduce((joined, piece) => {
    const last = joined.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else joined.push({ ...piece });
    return joined;
  }, []);
}
