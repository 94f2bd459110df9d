// Finding somebody on the phone, as the server does it (pages/shared/finding.py): every word that was typed, in any
// order, without case, accents and punctuation.

const LETTERS = { ø: "o", æ: "ae", œ: "oe", đ: "d", ð: "d", ł: "l", þ: "th", ı: "i", ß: "ss" };

export const fold = (text) =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}'’‘ʼ`´]/gu, "")
    .replace(/[øæœđðłþıß]/g, (letter) => LETTERS[letter])
    .replace(/[\p{P}\p{Z}\s]+/gu, " ")
    .trim();

const SHORTEST = 4; // letters of a generated user name: these are random, fewer would be found among everybody's
const code = (text) =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{Pd}\p{Z}\p{Cf}\s−]+/gu, "");
const id = (text) => text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");

// Who is found, this door first. Without names, people of other doors are found by their whole Candidate ID alone.
export const find = (people, typed, names) => {
  const key = id(typed);
  const words = typed
    .split(/[\s,;]+/)
    .map(fold)
    .filter(Boolean);
  if (!key || !words.length) return [];
  const made = code(typed);
  const rank = (one) => {
    const own = id(one.id);
    if (own === key) return 0;
    if (!names && !one.may && !one.here) return -1;
    if (own.startsWith(key)) return 1;
    if (own.includes(key) || words.every((word) => one.find.includes(word))) return 2;
    return made.length >= SHORTEST && one.made?.includes(made) ? 3 : -1;
  };
  const found = people.map((one) => ({ one, rank: rank(one) })).filter(({ rank }) => rank >= 0);
  const whole = found.filter(({ rank }) => rank === 0);
  return (whole.length ? whole : found)
    .sort((a, b) => b.one.here - a.one.here || a.rank - b.rank) // stable: people come in the order of their IDs
    .map(({ one }) => one);
};
