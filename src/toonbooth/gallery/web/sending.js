// One POST, with what `fetch` cannot tell: how much of the body has gone out.

import { readDevice } from "./device.js";
import { CancelledError, ConnectionError, readFailure } from "./errors.js";

const SILENCE_MS = 90_000; // a drawing may take the studio's whole minute

/**
 * Send an intention once. Resolves to `{status, body}` of a success.
 * @param onSent called with the share of the body that has gone out, 0 to 1
 */
export function post(path, { key, fields, photo, onSent, signal }) {
  return new Promise((resolve, reject) => {
    const exchange = new XMLHttpRequest();
    let watchdog;
    const stayAwake = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => exchange.abort(), SILENCE_MS);
    };
    const settle = (act) => () => {
      clearTimeout(watchdog);
      signal?.removeEventListener("abort", stop);
      act();
    };
    const stop = () => exchange.abort();
    signal?.addEventListener("abort", stop);

    exchange.upload.onprogress = (event) => {
      stayAwake();
      onSent?.(event.total ? event.loaded / event.total : 1);
    };
    exchange.onload = settle(() => {
      const retryAfter = exchange.getResponseHeader("Retry-After");
      if (exchange.status >= 400) return reject(readFailure(exchange.status, exchange.responseText, retryAfter));
      try {
        return resolve({ status: exchange.status, body: JSON.parse(exchange.responseText) });
      } catch {
        return reject(new ConnectionError());
      }
    });
    exchange.onerror = settle(() => reject(new ConnectionError()));
    exchange.onabort = settle(() => reject(signal?.aborted ? new CancelledError() : new ConnectionError()));

    if (signal?.aborted) return reject(new CancelledError());
    exchange.open("POST", path);
    exchange.setRequestHeader("x-device-id", readDevice());
    exchange.setRequestHeader("Idempotency-Key", key);
    exchange.setRequestHeader("Prefer", "respond-async");
    if (!photo) exchange.setRequestHeader("Content-Type", "application/json");
    stayAwake();
    exchange.send(photo ? makeForm(photo, fields) : JSON.stringify(fields));
  });
}

function makeForm(photo, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("image", photo, "photo");
  return form;
}
