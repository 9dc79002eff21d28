/** Documents that are dropped on the page or pasted into it. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Source } from "../reading/request";

/** Hand on what is dropped or pasted anywhere, unless `take` is null; returns whether a file is held over the page. */
export function useIncoming(take: ((source: Source) => void) | null): boolean {
  const [isDragged, setDragged] = useState(false);
  const taker = useRef(take);
  taker.current = take;

  useEffect(() => {
    const over = (event: DragEvent): void => {
      // Without this the browser would leave the page and open the file.
      event.preventDefault();
      setDragged(taker.current !== null && carriesDocument(event.dataTransfer));
    };
    const out = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragged(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setDragged(false);
      give(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent): void => {
      const isField = event.target instanceof Element && event.target.closest("input, textarea") !== null;
      if (!isField) give(event.clipboardData);
    };
    const give = (data: DataTransfer | null): void => {
      const source = data === null ? null : sourceIn(data);
      if (source !== null) taker.current?.(source);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", out);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", out);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, []);
  return isDragged;
}

/** Whether `text` is an address that the server may be asked to fetch. */
export function isUrl(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim());
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
