// Requests to this server: its address, the token, and errors in words.

const KEY = "framelift-token";

export const events = new EventTarget(); // "token-wanted" when the server asks for one

/** What the server, or the lack of one, had to say. `status` is 0 where nothing answered. */
export class RequestError extends Error {
  constructor(status, message, hint = "") {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export function token() {
  return sessionStorage.getItem(KEY);
}

export function setToken(value) {
  sessionStorage.setItem(KEY, value);
}

export function url(path) {
  return new URL(path, document.baseURI).href;
}

export function headers(more = {}) {
  return token() ? { ...more, Authorization: `Bearer ${token()}` } : more;
}

/** fetch, with the token; throws RequestError for every answer that is not a success. */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(url(path), { ...options, headers: headers(options.headers) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unanswered();
  }
  if (!response.ok) throw refused(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
}

export async function sendJson(method, path, body) {
  return request(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** POST a form and report how much of it has left, 0 to 1: fetch cannot. Returns the finished XMLHttpRequest. */
export async function upload(path, form, { signal, onProgress }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", url(path));
    for (const [name, value] of Object.entries(headers())) call.setRequestHeader(name, value);
    call.responseType = "blob";
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onload = async () => {
      if (call.status >= 200 && call.status < 300) return resolve(call);
      reject(refused(call.status, await call.response.text(), call.getResponseHeader("Retry-After")));
    };
    call.onerror = () => reject(unanswered());
    call.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => call.abort(), { once: true });
    call.send(form);
  });
}

/** The data of each server-sent event, parsed. EventSource would do, could it carry a token. */
export async function* serverEvents(path, signal) {
  const response = await request(path, { signal, headers: { Accept: "text/event-stream" } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).replaceAll("\r\n", "\n").split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

function unanswered() {
  return new RequestError(0, "The server does not answer.", "Is it still running, and is this device still online?");
}

function refused(status, text, retryAfter) {
  if (status === 401) events.dispatchEvent(new Event("token-wanted"));
  const { error, hint } = parsed(text);
  const wait = retryAfter && `try again in ${retryAfter} seconds`;
  return new RequestError(status, error ?? `The server answered ${status}.`, [hint, wait].filter(Boolean).join("; "));
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // a proxy's own page, say: the status has to do
  }
}
