/** The whole page: either a document is chosen, or its reading is shown. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { about, type About } from "../reading/api";
import { NO_WISHES, type Source } from "../reading/request";
import { isRunning } from "../reading/state";
import { useReading } from "../reading/use-reading";
import { forBrowser, forTab, keep, load } from "../stored";
import { LANGUAGES, languageFor, Spoken, type Language } from "../words";
import { Header, isTheme, type Theme } from "./header";
import { Result } from "./result";
import { Start } from "./start";
import { useIncoming } from "./incoming";

export function App(): JSX.Element {
  const [language, setLanguage] = useState<Language>(chosenLanguage);
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const [key, setKey] = useState(() => load(forTab, "ocr-key") ?? "");
  const [isKeyAsked, setKeyAsked] = useState(false);
  const [server, setServer] = useState<About | null>(null);
  const [source, setSource] = useState<Source | null>(null);
  const [wishes, setWishes] = useState(NO_WISHES);
  const { reading, pictures, begin, show, cancel, leave } = useReading();
  const words = LANGUAGES[language].words;
  const busy = reading !== null && isRunning(reading);

  const take = (taken: Source): void => {
    leave();
    setSource(taken);
  };
  const isDragged = useIncoming(busy ? null : take);

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `PaddleOCR-VL · ${words.title}`;
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  // An engine has a name once it has read something.
  useEffect(() => {
    if (!busy) void about(key).then(setServer);
  }, [key, busy]);

  const wasReading = useRef(false);
  useEffect(() => {
    if (reading === null && wasReading.current) document.getElementById("choose")?.focus();
    wasReading.current = reading !== null;
  }, [reading === null]);

  const takeKey = (entered: string): void => {
    keep(forTab, "ocr-key", entered);
    setKey(entered);
  };
  return (
    <Spoken.Provider value={{ language, words }}>
      <Header
        server={server}
        language={language}
        onLanguage={(chosen) => {
          keep(forBrowser, "ocr-language", chosen);
          setLanguage(chosen);
        }}
        theme={theme}
        onTheme={(chosen) => {
          keep(forBrowser, "ocr-theme", chosen);
          setTheme(chosen);
        }}
        keyButton={{ apiKey: key, onKey: takeKey, isOpen: isKeyAsked, onOpen: setKeyAsked }}
      />
      {reading === null ? (
        <Start
          source={source}
          onSource={setSource}
          wishes={wishes}
          onWishes={setWishes}
          onStart={(chosen) => begin(chosen, wishes, key)}
        />
      ) : (
        <Result
          reading={reading}
          pictures={pictures}
          onShow={show}
          onCancel={cancel}
          onAgain={() => begin(reading.source, wishes, key)}
          onKey={() => setKeyAsked(true)}
          onLeave={() => {
            leave();
            setSource(null);
          }}
        />
      )}
      {isDragged && (
        <div class="drop-veil" aria-hidden="true">
          <p>{words.dropNow}</p>
        </div>
      )}
    </Spoken.Provider>
  );
}

function chosenLanguage(): Language {
  const chosen = load(forBrowser, "ocr-language");
  return languageFor(chosen === null ? navigator.languages : [chosen]);
}

function chosenTheme(): Theme {
  const chosen = load(forBrowser, "ocr-theme");
  return isTheme(chosen) ? chosen : "auto";
}
