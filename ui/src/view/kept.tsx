/** Where the server keeps the result, if it does. */

import type { JSX } from "preact";
import type { Saved } from "../reading/answer";
import { useWords } from "../words";
import { Icon } from "./icons";
import { isUrl } from "./incoming";

export function Kept({ saved }: { saved: Saved }): JSX.Element | null {
  const words = useWords();
  const uploaded = Object.entries(saved.s3?.files ?? {});
  if (saved.local === null && uploaded.length === 0) return null;
  return (
    <details class="notes">
      <summary>
        <Icon name="chevron" />
        {words.kept}
      </summary>
      <ul>
        {saved.local !== null && (
          <li>
            {words.keptFolder}: <code>{saved.local}</code>
          </li>
        )}
        {uploaded.map(([name, address]) => (
          <li key={name}>
            S3:{" "}
            {isUrl(address) ? (
              <a href={address} target="_blank" rel="noopener noreferrer">
                {name}
              </a>
            ) : (
              name
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
