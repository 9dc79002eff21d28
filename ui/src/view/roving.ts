/** A group of buttons that is one stop of the Tab key: arrows, Home and End move inside of it. */

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Move the focus among the elements of `selector` as the key says. */
export function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }, selector: string): void {
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
  const at = all.findIndex((element) => element === document.activeElement);
  if (at === -1) return;
  const step = STEPS[event.key];
  let next: HTMLElement | undefined;
  if (step !== undefined) next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  else if (event.key === "Home") next = all[0];
  else if (event.key === "End") next = all.at(-1);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
