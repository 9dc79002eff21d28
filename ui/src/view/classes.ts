/** The class `always`, and those of `sometimes` that hold. */
export function classes(always: string, sometimes: Record<string, boolean>): string {
  return [always, ...Object.keys(sometimes).filter((name) => sometimes[name])].join(" ");
}
