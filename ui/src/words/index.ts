/** The languages of the page. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en, type Words } from "./en";
import { ru } from "./ru";

export type { Words };
export const LANGUAGES = { en: { name: "English", words: en }, ru: { name: "Русский", words: ru } } as const;
export type Language = keyof typeof LANGUAGES;

/** The first language of `preferred` that the page speaks; English where it speaks none. */
export function languageFor(preferred: readonly string[]): Language {
  const spoken = preferred.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return spoken.find((tag): tag is Language => tag in LANGUAGES) ?? "en";
}

export const Spoken = createContext<{ language: Language; words: Words }>({ language: "en", words: en });

/** What the page says in the chosen language. */
export function useWords(): Words {
  return useContext(Spoken).words;
}
