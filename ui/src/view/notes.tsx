/** What the reader of the result should know: the API's warnings, and pages that were left out. */

import type { JSX } from "preact";
import type { PageError, Warning } from "../reading/answer";
import { useWords } from "../words";
import { Icon } from "./icons";

export function Notes({ warnings, errors }: { warnings: Warning[]; errors: PageError[] }): JSX.Element | null {
  const words = useWords();
  const notes = [...errors, ...warnings];
  if (notes.length === 0) return null;
  return (
    <details class="notes">
      <summary>
        <Icon name="chevron" />
        {words.notes(notes.length)}
      </summary>
      <ul>
        {notes.map((note, place) => (
          <li key={place}>
            {note.page !== null && <strong>{words.page(note.page + 1)}: </strong>}
            <span lang="en">{note.message}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
