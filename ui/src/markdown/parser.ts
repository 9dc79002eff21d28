/** Markdown as the engines write it: CommonMark with HTML for tables and pictures, and formulas. */

import makeMarkdownIt, { type MarkdownIt } from "markdown-it";
import { formulaAt } from "./formulas";

/** A part of the Markdown that stands on its own: a paragraph, a heading, a list, a table. */
export interface Segment {
  /** Its lines, counted from 0; `to` is behind the last. */
  from: number;
  to: number;
  /** What it is in HTML: not to be trusted. */
  html: string;
  /** Whether the document wrote HTML itself, formulas in which are still text. */
  isRaw: boolean;
}

const parser = makeParser();

/** The segments of `markdown`, in order. */
export function segmentsOf(markdown: string): Segment[] {
  const tokens = parser.parse(markdown, {});
  const segments: Segment[] = [];
  let begun = 0;
  tokens.forEach((token, place) => {
    const isLast = token.level === 0 && token.nesting !== 1;
    if (!isLast) return;
    const own = tokens.slice(begun, place + 1);
    begun = place + 1;
    const [from, to] = own[0]?.map ?? [0, 0];
    segments.push({
      from,
      to,
      html: parser.renderer.render(own, parser.options, {}),
      isRaw: own[0]?.type === "html_block",
    });
  });
  return segments;
}

function makeParser(): MarkdownIt {
  const made = new makeMarkdownIt({ html: true });
  // Four blanks in front of a line come from the page's look, and hardly ever mean code.
  made.disable("code");
  made.inline.ruler.before("escape", "formula", (state, silent) => {
    if (state.src[state.pos] !== "$") return false;
    const formula = formulaAt(state.src, state.pos);
    if (formula === null || formula.end > state.posMax) return false;
    if (!silent) {
      const token = state.push("formula", "span", 0);
      token.content = formula.tex;
      token.meta = { display: formula.display };
    }
    state.pos = formula.end;
    return true;
  });
  // Lines of a formula would else be taken for lists and headings.
  made.block.ruler.before(
    "fence",
    "formula",
    (state, line, _end, silent) => {
      const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
      if (!state.src.startsWith("$$", start)) return false;
      const formula = formulaAt(state.src, start);
      if (formula === null) return false;
      const behind = state.src.indexOf("\n", formula.end);
      if (state.src.slice(formula.end, behind === -1 ? undefined : behind).trim() !== "") return false;
      if (silent) return true;
      const lines = state.src.slice(start, formula.end).split("\n").length;
      const token = state.push("formula", "div", 0);
      token.block = true;
      token.content = formula.tex;
      token.meta = { display: true };
      token.map = [line, line + lines];
      state.line = line + lines;
      return true;
    },
    { alt: ["paragraph"] },
  );
  made.renderer.rules["formula"] = (tokens, place) => {
    const token = tokens[place];
    const tex = made.utils.escapeHtml(token?.content ?? "");
    const display = (token?.meta as { display: boolean } | undefined)?.display ? ' data-display="1"' : "";
    return `<${token?.tag} data-tex="${tex}"${display}></${token?.tag}>`;
  };
  return made;
}
