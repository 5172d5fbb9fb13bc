// An uploaded file on the page.

import { complain } from "./messages.js";

/** One line of the list: name, state, progress, and what can be done. */
export class Entry {
  constructor(name) {
    this.stopper = new AbortController();
    this.signal = this.stopper.signal;
    this.onCancel = () => {};
    this.addresses = new Set(); // of blobs, which stay in memory until they are revoked
    this.line = document.createElement("li");
    this.title = child(this.line, "strong", name);
    this.state = child(this.line, "span", "Waiting");
    this.state.setAttribute("role", "status");
    this.detail = child(this.line, "span"); // no live region: it changes many times a second
    this.bar = child(this.line, "progress");
    this.bar.setAttribute("aria-label", `Progress of ${name}`);
    this.button = child(this.line, "button");
    this.button.type = "button";
    this.offer("Cancel", () => this.cancel());
    document.getElementById("uploads").prepend(this.line);
  }

  cancel() {
    this.stopper.abort();
    this.onCancel();
    this.end("Cancelled");
  }

  progress(text, share) {
    this.state.textContent = "";
    this.detail.textContent = text;
    if (share === null) this.bar.removeAttribute("value");
    else this.bar.value = share;
  }

  /** Take the line away, with what it holds. */
  remove() {
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.line.remove();
  }

  /** What the button does now. */
  offer(word, act) {
    this.button.textContent = word;
    this.button.setAttribute("aria-label", `${word} ${this.title.textContent}`);
    this.button.onclick = act;
  }

  /** The address of a blob, for as long as the line is there. */
  keep(blob) {
    const address = URL.createObjectURL(blob);
    this.addresses.add(address);
    return address;
  }

  preview(address) {
    const picture = child(this.line, "img");
    picture.alt = `${this.title.textContent}, enlarged`;
    picture.src = address;
  }

  done(address, name, notes) {
    this.end(["Done", ...notes.filter(Boolean)].join("; "));
    const link = child(this.line, "a", "Download");
    link.href = address;
    link.download = name;
    link.setAttribute("aria-label", `Download ${name}`);
  }

  fail(error) {
    this.end("");
    this.state.remove();
    const place = child(this.line, "div");
    place.setAttribute("role", "alert");
    complain(place, error);
  }

  end(text) {
    this.state.textContent = text;
    this.detail.remove();
    this.bar.remove();
    this.offer("Remove", () => this.remove());
  }
}

function child(parent, tag, text = "") {
  const made = Object.assign(document.createElement(tag), { textContent: text });
  parent.append(made);
  return made;
}
