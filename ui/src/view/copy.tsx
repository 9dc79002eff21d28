/** A button that copies, and says for a moment whether it did. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../words";
import { Icon } from "./icons";

const SHOWN_MS = 2000;

export function CopyButton({ label, text }: { label: string; text(): string }): JSX.Element {
  const words = useWords();
  const [outcome, setOutcome] = useState<"" | "copied" | "refused">("");
  useEffect(() => {
    if (outcome === "") return;
    const timer = setTimeout(() => setOutcome(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const shown = { "": label, copied: words.copied, refused: words.notCopied }[outcome];
  return (
    <button type="button" class="button" onClick={() => void copy(text()).then(setOutcome)}>
      <Icon name={outcome === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{shown}</span>
    </button>
  );
}

async function copy(text: string): Promise<"copied" | "refused"> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    // Over plain HTTP, other than to this machine, browsers have no clipboard.
    return copyBySelection(text) ? "copied" : "refused";
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
