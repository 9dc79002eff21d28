/** A duration for people: "8.2 s", "1:05". */
export function duration(language: string, milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    const digits = seconds < 10 ? 1 : 0;
    const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `${format.format(seconds)} ${language === "ru" ? "с" : "s"}`;
  }
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Bytes for people: "1.2 MB". */
export function size(language: string, bytes: number): string {
  const units = language === "ru" ? ["Б", "КБ", "МБ", "ГБ"] : ["B", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 });
  return `${format.format(value)} ${units[power]}`;
}
