/** The line at the top: who answers here, and how the page looks. */

import type { ComponentProps, JSX } from "preact";
import type { About } from "../reading/api";
import { LANGUAGES, useWords, type Language } from "../words";
import { KeyButton } from "./key";

const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function isTheme(text: string | null): text is Theme {
  return THEMES.some((theme) => theme === text);
}

interface Props {
  server: About | null;
  language: Language;
  onLanguage(language: Language): void;
  theme: Theme;
  onTheme(theme: Theme): void;
  /** The API key, and whether it is asked for. */
  keyButton: ComponentProps<typeof KeyButton>;
}

export function Header({ server, language, onLanguage, theme, onTheme, keyButton }: Props): JSX.Element {
  const words = useWords();
  return (
    <header class="header">
      <p class="brand">
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <rect x="3" y="2.5" width="18" height="19" rx="3.5" fill="var(--accent)" />
          <path d="M7 8h10M7 12h10M7 16h6" stroke="var(--on-accent)" stroke-width="1.8" stroke-linecap="round" />
        </svg>
        <span>PaddleOCR-VL</span>
      </p>
      {server?.engine && (
        <p class="server" title={`${server.name} ${server.version}`}>
          {server.engine} · {server.model}
        </p>
      )}
      <nav class="header-actions">
        <a class="quiet" href="docs">
          {words.api}
        </a>
        <KeyButton {...keyButton} />
        <Choice
          label={words.theme}
          value={theme}
          options={THEMES.map((name) => [name, words.themes[name]])}
          onChange={(value) => isTheme(value) && onTheme(value)}
        />
        <Choice
          label={words.language}
          value={language}
          options={Object.entries(LANGUAGES).map(([tag, { name }]) => [tag, name])}
          onChange={(value) => onLanguage(value as Language)}
        />
      </nav>
    </header>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: (readonly [string, string])[];
  onChange(value: string): void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): JSX.Element {
  return (
    <select
      class="quiet"
      aria-label={label}
      title={label}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
    >
      {options.map(([name, shown]) => (
        <option key={name} value={name}>
          {shown}
        </option>
      ))}
    </select>
  );
}
