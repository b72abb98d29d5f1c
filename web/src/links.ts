// Ways from a piece of evidence to the place in the report that shows it. What can show something offers it here; what refers
// to it asks. Neither knows the other.

/** Shows a function in a profile; false when this place does not have it. */
type ShowFunction = (name: string, source: string) => HTMLElement | null;

const flames: ShowFunction[] = [];

export function offerFunctions(show: ShowFunction): void {
  flames.push(show);
}

/** Leads to a function in the flame graph of a profile, or in any that has it. Returns whether there is one. */
export function showFunction(name: string, source: string): boolean {
  for (const from of [source, ""]) {
    for (const show of flames) {
      const place = show(name, from);
      if (!place) continue;
      place.scrollIntoView({ block: "start" });
      return true;
    }
  }
  return false;
}
