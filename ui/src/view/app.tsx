/** The whole page: either a document is chosen, or its reading is shown. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { about, hasS3, type About } from "../reading/api";
import { nameOf, NO_WISHES, type Source } from "../reading/request";
import { isRunning, pagesRead } from "../reading/state";
import { useReading } from "../reading/use-reading";
import { forBrowser, forTab, keep, load } from "../stored";
import { LANGUAGES, languageFor, Spoken, type Language } from "../words";
import { Ask } from "./ask";
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
  const [takesS3, setTakesS3] = useState(false);
  const [comesBack, setComesBack] = useState(false);
  /** What was dropped or pasted while there is a result to lose. */
  const [offered, setOffered] = useState<Source | null>(null);
  const { reading, pictures, begin, show, cancel, leave } = useReading();
  const words = LANGUAGES[language].words;
  const busy = reading !== null && isRunning(reading);

  const turnTo = (chosen: Source | null, isBack = false): void => {
    leave();
    setSource(chosen);
    setComesBack(isBack);
    setOffered(null);
  };
  const hasPages = reading !== null && pagesRead(reading).length > 0;
  const isDragged = useIncoming(busy ? null : hasPages ? setOffered : turnTo);

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
          comesBack={comesBack}
          takesS3={takesS3}
          onOptions={() => void hasS3(key).then(setTakesS3)}
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
          onBack={() => turnTo(reading.source, true)}
          onLeave={() => turnTo(null)}
        />
      )}
      {reading !== null && offered !== null && (
        <Ask
          name={nameOf(reading.source)}
          offered={nameOf(offered)}
          onKeep={() => setOffered(null)}
          onTake={() => turnTo(offered)}
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
