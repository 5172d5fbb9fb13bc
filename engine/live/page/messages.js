// One line of state under each section. It is a live region, so a screen reader says what changed.

export function say(place, text) {
  show(place, "message", text);
}

/** A problem, and what to do about it. */
export function complain(place, error) {
  show(place, "message problem", error.message, error.hint);
}

function show(place, className, text, hint) {
  place.className = className;
  const lines = [text, hint].filter(Boolean).map((words) => {
    const line = document.createElement("p");
    line.textContent = words;
    return line;
  });
  place.replaceChildren(...lines);
}
