/** Where the blocks of a page stand in its Markdown. */

import type { Block } from "../reading/answer";

/** Offsets into the Markdown; `to` is behind the last character. */
export interface Place {
  from: number;
  to: number;
}

/** Characters of a long block that are enough to know its beginning by. */
const KNOWN_BY = 24;

/**
 * The place of each block, null of those whose text is not there (page numbers, headers, what was joined elsewhere).
 *
 * The Markdown is made of the blocks in order, with marks of its own put in: letters and digits are compared, and a
 * block begins and ends where a line does.
 */
export function placesOf(markdown: string, blocks: readonly Block[]): (Place | null)[] {
  const text = new Letters(markdown);
  let cursor = 0;
  return blocks.map((block) => {
    const place = pictureOf(markdown, block) ?? text.find(lettersOf(block.content), cursor);
    if (place !== null) cursor = place.to;
    return place;
  });
}

/** The letters and digits of `text` in small, HTML's tags left out. */
export function lettersOf(text: string): string {
  return new Letters(text).letters;
}

/** The picture that is named after the block's box: `imgs/img_in_image_box_1_2_3_4.jpg`. */
function pictureOf(markdown: string, block: Block): Place | null {
  const name = `_box_${block.bbox.map(Math.trunc).join("_")}`;
  const at = markdown.indexOf(name);
  if (at === -1 || /[\d]/.test(markdown[at + name.length] ?? "")) return null;
  const from = markdown.lastIndexOf("\n", at) + 1;
  const end = markdown.indexOf("\n", at);
  return { from, to: end === -1 ? markdown.length : end };
}

class Letters {
  readonly letters: string;
  /** The offset in the text of each letter. */
  private readonly offsets: number[] = [];
  /** Whether a letter is the first of its line, and whether it is the last. */
  private readonly opens: boolean[] = [];
  private readonly closes: boolean[] = [];

  constructor(text: string) {
    let letters = "";
    let isNew = true;
    for (const match of text.matchAll(/<[a-zA-Z/][^<>]*>|\n|[\p{L}\p{N}]/gu)) {
      const what = match[0];
      if (what === "\n") {
        isNew = true;
        this.closeLine();
      } else if (!what.startsWith("<")) {
        const small = what.toLowerCase();
        letters += small;
        // Most are one unit long, some are more.
        for (let unit = 0; unit < small.length; unit += 1) {
          this.offsets.push(match.index);
          this.opens.push(isNew);
          this.closes.push(false);
          isNew = false;
        }
      }
    }
    this.closeLine();
    this.letters = letters;
  }

  /** Where whole lines hold `key`, at the offset `after` or behind it. */
  find(key: string, after: number): Place | null {
    if (key === "") return null;
    const first = this.offsets.findIndex((offset) => offset >= after);
    if (first === -1) return null;
    const whole = this.search(key, first, true);
    if (whole !== null) return whole;
    return key.length < KNOWN_BY ? null : this.search(key.slice(0, KNOWN_BY), first, false);
  }

  private closeLine(): void {
    if (this.closes.length > 0) this.closes[this.closes.length - 1] = true;
  }

  private search(key: string, first: number, isWhole: boolean): Place | null {
    for (let at = this.letters.indexOf(key, first); at !== -1; at = this.letters.indexOf(key, at + 1)) {
      const last = at + key.length - 1;
      if (!this.opens[at] || (isWhole && !this.closes[last])) continue;
      return { from: this.offsets[at] ?? 0, to: (this.offsets[last] ?? 0) + 1 };
    }
    return null;
  }
}
