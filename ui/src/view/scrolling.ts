/** Bring `element` before the eyes, and the focus with it where the keyboard asked for it. */
export function bringIntoView(element: HTMLElement, takesFocus: boolean): void {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isTall = element.offsetHeight > 0.6 * innerHeight;
  element.scrollIntoView({
    block: isTall ? "start" : "center",
    inline: "nearest",
    behavior: isCalm ? "auto" : "smooth",
  });
  if (takesFocus) element.focus({ preventScroll: true });
}
