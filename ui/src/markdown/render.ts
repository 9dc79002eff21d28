/** A segment of Markdown as nodes of the page. */

import katex from "katex";
import { parts } from "./formulas";
import type { Segment } from "./parser";
import { sanitise } from "./sanitise";

/** `segment` drawn: harmless HTML, formulas by KaTeX, pictures by their names in `pictures`. */
export function render(segment: Segment, pictures: ReadonlyMap<string, string>): DocumentFragment {
  const fragment = sanitise(segment.html, pictures);
  if (segment.isRaw) findFormulas(fragment);
  for (const element of fragment.querySelectorAll<HTMLElement>("[data-tex]")) drawFormula(element);
  for (const table of fragment.querySelectorAll("table")) frame(table);
  return fragment;
}

/** Put an element in the place of every formula in a text of `fragment`. */
function findFormulas(fragment: DocumentFragment): void {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (!text.data.includes("$") || text.parentElement?.closest("code, pre")) continue;
    text.replaceWith(
      ...parts(text.data).map((part) => {
        if (typeof part === "string") return part;
        const element = document.createElement("span");
        element.dataset["tex"] = part.tex;
        if (part.display) element.dataset["display"] = "1";
        return element;
      }),
    );
  }
}

function drawFormula(element: HTMLElement): void {
  const tex = element.dataset["tex"] ?? "";
  const displayMode = element.dataset["display"] !== undefined;
  element.removeAttribute("data-tex");
  try {
    // By nodes and not by HTML: the page's policy allows no style attributes.
    katex.render(tex, element, { displayMode, strict: "ignore", maxSize: 40, maxExpand: 500 });
    element.querySelector(".katex")?.setAttribute("title", tex);
    if (displayMode) element.tabIndex = 0;
  } catch {
    const code = document.createElement("code");
    code.textContent = displayMode ? `$$${tex}$$` : `$${tex}$`;
    element.replaceChildren(code);
  }
}

/** Wide tables scroll by themselves, also by the keyboard. */
function frame(table: HTMLTableElement): void {
  if (table.parentElement?.closest("table")) return;
  const box = document.createElement("div");
  box.className = "table";
  box.tabIndex = 0;
  table.replaceWith(box);
  box.append(table);
}
