/** The form of pages and options. */

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useId, useState } from "preact/hooks";
import { countWishes, objectIn, PROMPT_LABELS, SWITCHES, type Wishes } from "../reading/request";
import { useWords } from "../words";
import { Icon } from "./icons";

/** Whether what was typed can be sent. What it means is for the server to judge. */
export function areSound(wishes: Wishes): boolean {
  try {
    objectIn(wishes.more);
    return true;
  } catch {
    return false;
  }
}

interface Props {
  wishes: Wishes;
  onWishes(wishes: Wishes): void;
  summary: RefObject<HTMLElement | null>;
  isOpenAtFirst: boolean;
  /** Whether the server has S3 to put results into. */
  takesS3: boolean;
  onOpen(): void;
}

export function WishesForm({ wishes, onWishes, summary, isOpenAtFirst, takesS3, onOpen }: Props): JSX.Element {
  const words = useWords();
  // Later it is for the person to open and close.
  const [open] = useState(isOpenAtFirst);
  const set = (changed: Partial<Wishes>): void => onWishes({ ...wishes, ...changed });
  const count = countWishes(wishes);
  const wrong = areSound(wishes) ? null : words.moreWrong;
  return (
    <details class="wishes" open={open} onToggle={(event) => event.currentTarget.open && onOpen()}>
      <summary ref={summary}>
        <Icon name="chevron" />
        {words.options}
        {count > 0 && <span class="count">{words.optionsSet(count)}</span>}
      </summary>
      <div class="wishes-fields">
        <Field label={words.pages} hint={words.pagesHint}>
          {(props) => (
            <input
              {...props}
              inputMode="text"
              value={wishes.pages}
              onInput={(e) => set({ pages: e.currentTarget.value })}
            />
          )}
        </Field>
        <Field label={words.dpi} hint={words.dpiHint}>
          {(props) => (
            <input
              {...props}
              type="number"
              min={36}
              max={600}
              value={wishes.dpi}
              onInput={(e) => set({ dpi: e.currentTarget.value })}
            />
          )}
        </Field>
        <Field label={words.timeout} hint={words.timeoutHint}>
          {(props) => (
            <input
              {...props}
              type="number"
              min={1}
              value={wishes.timeout}
              onInput={(e) => set({ timeout: e.currentTarget.value })}
            />
          )}
        </Field>
        {(takesS3 || wishes.s3 !== "") && (
          <Field label={words.s3} hint={words.s3Hint}>
            {(props) => (
              <select {...props} value={wishes.s3} onChange={(e) => set({ s3: e.currentTarget.value as Wishes["s3"] })}>
                <option value="">{words.off}</option>
                <option value="true">{words.on}</option>
                <option value="presigned">{words.s3Presigned}</option>
              </select>
            )}
          </Field>
        )}
        <div class="checks">
          <Check
            label={words.skipBadPages}
            value={wishes.skipBadPages}
            onChange={(skipBadPages) => set({ skipBadPages })}
          />
          <Check label={words.save} value={wishes.save} onChange={(save) => set({ save })} />
        </div>
        <fieldset>
          <legend>{words.engine}</legend>
          <p class="hint">{words.engineHint}</p>
          {SWITCHES.map((name) => (
            <label key={name} class="switch">
              <span>{words.switches[name]}</span>
              <select
                value={wishes.switches[name]}
                onChange={(event) =>
                  set({ switches: { ...wishes.switches, [name]: event.currentTarget.value as "" | "on" | "off" } })
                }
              >
                <option value="">{words.byDefault}</option>
                <option value="on">{words.on}</option>
                <option value="off">{words.off}</option>
              </select>
            </label>
          ))}
          <label class="switch">
            <span>{words.promptLabel}</span>
            <select value={wishes.promptLabel} onChange={(e) => set({ promptLabel: e.currentTarget.value })}>
              {(["", ...PROMPT_LABELS] as const).map((label) => (
                <option key={label} value={label}>
                  {words.promptLabels[label]}
                </option>
              ))}
            </select>
          </label>
          <label class="switch">
            <span>{words.layoutThreshold}</span>
            <input
              type="number"
              min={0}
              max={1}
              step={0.05}
              value={wishes.layoutThreshold}
              onInput={(e) => set({ layoutThreshold: e.currentTarget.value })}
            />
          </label>
        </fieldset>
        <Field label={words.more} hint={wrong ?? '{"maxNewTokens": 2048}'} isWrong={wrong !== null} isWide>
          {(props) => (
            <textarea
              {...props}
              rows={2}
              spellcheck={false}
              value={wishes.more}
              onInput={(e) => set({ more: e.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </details>
  );
}

interface FieldProps {
  label: string;
  hint: string;
  isWrong?: boolean;
  isWide?: boolean;
  children(props: { id: string; "aria-describedby": string; "aria-invalid": boolean }): ComponentChildren;
}

function Field({ label, hint, isWrong = false, isWide = false, children }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class={isWide ? "field is-wide" : "field"}>
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-hint`, "aria-invalid": isWrong })}
      <p id={`${id}-hint`} class={isWrong ? "hint is-wrong" : "hint"}>
        {hint}
      </p>
    </div>
  );
}

interface CheckProps {
  label: string;
  value: boolean;
  onChange(value: boolean): void;
}

function Check({ label, value, onChange }: CheckProps): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
