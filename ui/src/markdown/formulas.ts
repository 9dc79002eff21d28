/**
 * Formulas in text, as the engines write them: `$x$` and `$ x $` in a line, `$$x$$` on their own.
 *
 * Blanks stand on both sides of a formula's body or on neither, and no digit follows its end: "$5 and $10" is money.
 */

export interface Formula {
  /** Behind its last character. */
  end: number;
  tex: string;
  display: boolean;
}

const LONGEST = 10_000;

/** The formula that begins at `start`, where a `$` stands; null if none does. */
export function formulaAt(text: string, start: number): Formula | null {
  const display = text.startsWith("$$", start);
  const mark = display ? "$$" : "$";
  const from = start + mark.length;
  for (let end = text.indexOf(mark, from); end !== -1; end = text.indexOf(mark, end + 1)) {
    if (end - from > LONGEST) return null;
    if (isEscaped(text, end)) continue;
    const body = text.slice(from, end);
    if (body.trim() === "" || body.includes("\n\n")) return null;
    if (!display && !isInline(body, text[end + 1])) return null;
    return { end: end + mark.length, tex: body.trim(), display };
  }
  return null;
}

/** `text` in parts: what stands between formulas, and the formulas. */
export function parts(text: string): (string | Formula)[] {
  const found: (string | Formula)[] = [];
  let plain = 0;
  let at = text.indexOf("$");
  while (at !== -1) {
    const formula = isEscaped(text, at) ? null : formulaAt(text, at);
    if (formula === null) {
      at = text.indexOf("$", at + 1);
      continue;
    }
    if (at > plain) found.push(text.slice(plain, at));
    found.push(formula);
    plain = formula.end;
    at = text.indexOf("$", plain);
  }
  if (plain < text.length) found.push(text.slice(plain));
  return found;
}

function isInline(body: string, next: string | undefined): boolean {
  return /^\s/.test(body) === /\s$/.test(body) && !/\d/.test(next ?? "");
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}
