/** The pictures of pages as addresses that `img` can show. */

import type { Page } from "./answer";
import { bytesOf } from "./files";

export interface Pictures {
  /** The page's own image; null where there is none. */
  page: string | null;
  byName: ReadonlyMap<string, string>;
}

const NONE: Pictures = { page: null, byName: new Map() };

/** Makes the addresses as pages arrive, and gives them all back at the end. */
export class PictureStore {
  private readonly made = new Map<number, Pictures>();

  /** Take the pictures of a page; returns the page without its own image, which is megabytes of text. */
  take(page: Page): Page {
    this.made.set(page.index, {
      page: page.image === null ? null : fromDataUri(page.image),
      byName: new Map(
        Object.entries(page.images).map(([name, base64]) => [name, addressOf(bytesOf(base64), "image/jpeg")]),
      ),
    });
    return { ...page, image: null };
  }

  /** The pictures of the page at `index`. */
  of(index: number): Pictures {
    return this.made.get(index) ?? NONE;
  }

  /** Free what the pictures take. */
  clear(): void {
    for (const { page, byName } of this.made.values()) {
      for (const url of [page, ...byName.values()]) if (url !== null) URL.revokeObjectURL(url);
    }
    this.made.clear();
  }
}

function fromDataUri(uri: string): string | null {
  const found = /^data:(image\/[a-z]+);base64,/.exec(uri);
  return found?.[1] ? addressOf(bytesOf(uri.slice(found[0].length)), found[1]) : null;
}

function addressOf(bytes: Uint8Array<ArrayBuffer>, type: string): string {
  return URL.createObjectURL(new Blob([bytes], { type }));
}
