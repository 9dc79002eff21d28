/** The API key: asked for in a dialog, kept by the browser for this tab only. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../words";
import { Icon } from "./icons";

interface Props {
  apiKey: string;
  onKey(key: string): void;
  isOpen: boolean;
  onOpen(isOpen: boolean): void;
}

export function KeyButton({ apiKey, onKey, isOpen, onOpen }: Props): JSX.Element {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [entered, setEntered] = useState(apiKey);
  const isWrong = !/^[\x21-\x7e]*$/.test(entered.trim());

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isWrong) return;
    onKey(entered.trim());
    onOpen(false);
  };
  useEffect(() => {
    if (isOpen) {
      setEntered(apiKey);
      dialog.current?.showModal();
    } else dialog.current?.close();
  }, [isOpen]);
  return (
    <>
      <button
        type="button"
        class={apiKey ? "quiet is-set" : "quiet"}
        aria-haspopup="dialog"
        onClick={() => onOpen(true)}
      >
        <Icon name="key" />
        <span class="wide-only">{apiKey ? words.keySet : words.key}</span>
        <span class="narrow-only visually-hidden">{apiKey ? words.keySet : words.key}</span>
      </button>
      <dialog ref={dialog} class="dialog" onClose={() => onOpen(false)} aria-labelledby="key-title">
        <form onSubmit={submit}>
          <h2 id="key-title">{words.key}</h2>
          <label class="field">
            <span class="visually-hidden">{words.key}</span>
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              value={entered}
              aria-invalid={isWrong}
              aria-describedby="key-hint"
              onInput={(event) => setEntered(event.currentTarget.value)}
            />
          </label>
          <p id="key-hint" class={isWrong ? "hint is-wrong" : "hint"}>
            {isWrong ? words.keyWrong : words.keyHint}
          </p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => onOpen(false)}>
              {words.close}
            </button>
            <button type="submit" class="button primary">
              {words.keep}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
