/** Asks before a result is given up for a document that was dropped or pasted. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../words";

interface Props {
  /** What is shown. */
  name: string;
  /** What would take its place. */
  offered: string;
  onKeep(): void;
  onTake(): void;
}

export function Ask({ name, offered, onKeep, onTake }: Props): JSX.Element {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" onClose={onKeep} aria-labelledby="ask-title" aria-describedby="ask-what">
      <div class="dialog-body">
        <h2 id="ask-title">{words.ask}</h2>
        <p id="ask-what">{words.askWhat(name, offered)}</p>
        <div class="dialog-actions">
          {/* First, so that it has the focus. A dialog that is closed gives the focus back to where it was. */}
          <button type="button" class="button primary" onClick={() => dialog.current?.close()}>
            {words.askKeep}
          </button>
          <button type="button" class="button" onClick={onTake}>
            {words.askTake}
          </button>
        </div>
      </div>
    </dialog>
  );
}
