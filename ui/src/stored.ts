/** Choices that outlive the page. A browser may refuse to keep them: then they are the defaults each time. */

/** What is kept under `name`, or null. */
export function load(storage: () => Storage, name: string): string | null {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

/** Keep `value` under `name`; "" forgets it. */
export function keep(storage: () => Storage, name: string, value: string): void {
  try {
    if (value) storage().setItem(name, value);
    else storage().removeItem(name);
  } catch {
    // It is good for as long as the page is open.
  }
}

export const forTab = (): Storage => sessionStorage;
export const forBrowser = (): Storage => localStorage;
