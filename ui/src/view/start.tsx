/** The first view: a document and what is wished of it. */

import type { JSX } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { nameOf, type Source, type Wishes } from "../reading/request";
import { Spoken, useWords } from "../words";
import { size } from "../words/time";
import { Icon } from "./icons";
import { isUrl } from "./incoming";
import { areSound, WishesForm } from "./wishes";

const ACCEPTED = ".pdf,.jpg,.jpeg,.png,.webp,.tif,.tiff,.bmp,application/pdf,image/*";

interface Props {
  source: Source | null;
  onSource(source: Source | null): void;
  wishes: Wishes;
  onWishes(wishes: Wishes): void;
  /** Whether a reading was left to change the options: they are open then, and have the focus. */
  comesBack: boolean;
  takesS3: boolean;
  /** The options were opened. */
  onOptions(): void;
  onStart(source: Source): void;
}

export function Start(props: Props): JSX.Element {
  const { source, onSource, wishes, onWishes, comesBack, takesS3, onOptions, onStart } = props;
  const words = useWords();
  const button = useRef<HTMLButtonElement>(null);
  const options = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current && comesBack) options.current?.focus();
    else if (source !== null) button.current?.focus();
    isFirst.current = false;
  }, [source]);
  return (
    <main class="start">
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {source === null ? <Chooser onSource={onSource} /> : <Chosen source={source} onRemove={() => onSource(null)} />}
      <WishesForm
        wishes={wishes}
        onWishes={onWishes}
        summary={options}
        isOpenAtFirst={comesBack}
        takesS3={takesS3}
        onOpen={onOptions}
      />
      <button
        ref={button}
        type="button"
        class="button primary large"
        disabled={source === null || !areSound(wishes)}
        onClick={() => source !== null && onStart(source)}
      >
        {words.start}
      </button>
    </main>
  );
}

function Chooser({ onSource }: { onSource(source: Source): void }): JSX.Element {
  const words = useWords();
  const input = useRef<HTMLInputElement>(null);
  const [url, setUrl] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isUrl(url)) onSource({ kind: "url", url: url.trim() });
  };
  return (
    <div class="chooser">
      <div class="drop">
        <span class="drop-mark">
          <Icon name="upload" />
        </span>
        <p class="drop-title">{words.drop}</p>
        <p class="hint" id="drop-hint">
          {words.dropHint}
        </p>
        <button
          id="choose"
          type="button"
          class="button"
          aria-describedby="drop-hint"
          onClick={() => input.current?.click()}
        >
          {words.choose}
        </button>
        <input
          ref={input}
          type="file"
          class="visually-hidden"
          tabIndex={-1}
          aria-hidden="true"
          accept={ACCEPTED}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) onSource({ kind: "file", file });
          }}
        />
      </div>
      <p class="or">{words.orUrl}</p>
      <form class="url" onSubmit={submit}>
        <input
          type="url"
          aria-label={words.urlLabel}
          placeholder="https://…"
          value={url}
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
        <button type="submit" class="button" disabled={!isUrl(url)}>
          {words.use}
        </button>
      </form>
    </div>
  );
}

function Chosen({ source, onRemove }: { source: Source; onRemove(): void }): JSX.Element {
  const words = useWords();
  const { language } = useContext(Spoken);
  return (
    <section class="chosen" aria-label={words.chosen}>
      <Preview source={source} />
      <p class="chosen-name">
        <strong>{nameOf(source)}</strong>
        <span class="hint">{source.kind === "file" ? size(language, source.file.size) : source.url}</span>
      </p>
      <button type="button" class="button icon-only" aria-label={words.remove} title={words.remove} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </section>
  );
}

/** A small picture of an image; a sign for everything else. */
function Preview({ source }: { source: Source }): JSX.Element {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    setAddress(null);
    if (source.kind !== "file" || !/^image\/(png|jpeg|webp|bmp)$/.test(source.file.type)) return;
    const made = URL.createObjectURL(source.file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [source]);
  return (
    <span class="chosen-mark">
      {address === null ? <Icon name={source.kind === "url" ? "link" : "file"} /> : <img src={address} alt="" />}
    </span>
  );
}
