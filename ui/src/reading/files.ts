/** What can be taken along: Markdown, JSON, and a .zip of all with the pictures. */

import { strToU8, zipSync, type Zippable } from "fflate";
import type { Page } from "./answer";
import { nameOf } from "./request";
import { pagesRead, type Reading } from "./state";

/** The Markdown of all that was read. */
export function markdownOf(reading: Reading): string {
  if (reading.answer !== null) return reading.answer.markdown;
  const texts = pagesRead(reading).map((page) => page.markdown.trim());
  return `${texts.filter(Boolean).join("\n\n")}\n`;
}

/** The answer as JSON, without the images of the pages; what there is of it where the reading was broken off. */
export function jsonOf(reading: Reading): string {
  const pages = pagesRead(reading).map(withoutPageImage);
  const answer = reading.answer === null ? { pages } : { ...reading.answer, pages, event: undefined };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

/** A .zip of Markdown, JSON and the pictures where the Markdown looks for them. */
export function zipOf(reading: Reading): Uint8Array<ArrayBuffer> {
  const stem = stemOf(reading);
  const files: Zippable = {
    [`${stem}.md`]: strToU8(markdownOf(reading)),
    [`${stem}.json`]: strToU8(jsonOf(reading)),
  };
  for (const page of pagesRead(reading)) {
    for (const [name, base64] of Object.entries(page.images)) {
      // JPEG: it gets no smaller.
      if (isPlain(name)) files[name] = [bytesOf(base64), { level: 0 }];
    }
  }
  return zipSync(files);
}

/** The document's name without its extension, and without what file systems refuse. */
export function stemOf(reading: Reading): string {
  const name = nameOf(reading.source).replace(/\.[A-Za-z0-9]{1,5}$/, "");
  const plain = name.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, "_").replace(/^[. ]+|[. ]+$/g, "");
  return plain.slice(0, 100) || "document";
}

/** Base64 as bytes. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

/** Hand a file to the person. */
export function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function withoutPageImage(page: Page): Page {
  return { ...page, image: null };
}

/** Whether a name stays inside the folder that it is unpacked in. */
function isPlain(name: string): boolean {
  return name.split("/").every((part) => /^[\w.-]+$/.test(part) && part !== "." && part !== "..");
}
