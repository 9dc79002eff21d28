/** Documents that are dropped on the page or pasted into it. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Source } from "../reading/request";

/**
 * Hand on what is dropped or pasted anywhere, unless `take` is null; returns whether a document is held over the page.
 *
 * What is dragged from the page itself is none: a link, a picture, a selected address.
 */
export function useIncoming(take: ((source: Source) => void) | null): boolean {
  const [isDragged, setDragged] = useState(false);
  const taker = useRef(take);
  taker.current = take;

  useEffect(() => {
    let isOwn = false;
    const began = (): void => {
      isOwn = true;
    };
    const ended = (): void => {
      isOwn = false;
    };
    const over = (event: DragEvent): void => {
      if (isOwn) {
        refuse(event);
        return;
      }
      // Without this the browser would leave the page and open the file.
      event.preventDefault();
      setDragged(taker.current !== null && carriesDocument(event.dataTransfer));
    };
    const out = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragged(false);
    };
    const drop = (event: DragEvent): void => {
      if (isOwn) {
        refuse(event);
        ended();
        return;
      }
      event.preventDefault();
      setDragged(false);
      give(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent): void => {
      if (!isInField(event)) give(event.clipboardData);
    };
    const give = (data: DataTransfer | null): void => {
      const source = data === null ? null : sourceIn(data);
      if (source !== null) taker.current?.(source);
    };
    const listening = new AbortController();
    const { signal } = listening;
    document.addEventListener("dragstart", began, { signal });
    document.addEventListener("dragend", ended, { signal });
    // No end is told of what has left the page while it was dragged; the next press tells it.
    document.addEventListener("pointerdown", ended, { signal, capture: true });
    document.addEventListener("dragover", over, { signal });
    document.addEventListener("dragleave", out, { signal });
    document.addEventListener("drop", drop, { signal });
    document.addEventListener("paste", paste, { signal });
    return () => listening.abort();
  }, []);
  return isDragged;
}

/** Whether `text` is an address that the server may be asked to fetch. */
export function isUrl(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim());
}

function isInField(event: Event): boolean {
  return event.target instanceof Element && event.target.closest("input, textarea") !== null;
}

/** Let nothing be dropped there, but text into a field. */
function refuse(event: DragEvent): void {
  if (isInField(event)) return;
  event.preventDefault();
  if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
}

function carriesDocument(data: DataTransfer | null): boolean {
  return data !== null && (data.types.includes("Files") || data.types.includes("text/uri-list"));
}

function sourceIn(data: DataTransfer): Source | null {
  const file = data.files[0];
  if (file) return { kind: "file", file };
  const text = data.getData("text/uri-list") || data.getData("text/plain");
  const [first = ""] = text.trim().split("\n");
  return isUrl(first) ? { kind: "url", url: first.trim() } : null;
}
