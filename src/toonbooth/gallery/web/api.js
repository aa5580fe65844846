// The gallery's API, as a client sees it: one function for each call, plain data back, failures thrown.

import { readDevice } from "./device.js";
import { ConnectionError, readFailure } from "./errors.js";

const READ_TIMEOUT_MS = 20_000;

export function listStyles() {
  return call("api/styles").then((data) => data.styles);
}

export function listOriginals({ page, limit }) {
  return call(`api/originals?page=${page}&limit=${limit}`).then((data) => data.originals);
}

export function listAllOriginals() {
  return call("api/originals").then((data) => data.originals);
}

export function listFaces({ page, limit }) {
  return call(`api/downloaded-faces?page=${page}&limit=${limit}`);
}

/** Newest first; none after a face was kept. */
export function listCartoons(originalId) {
  return call(`api/originals/${originalId}/cartoons`).then((data) => data.cartoons);
}

/** The photo and its other drawings stay. */
export function deleteCartoon(id) {
  return call(`api/cartoons/${id}`, { method: "DELETE" });
}

/** Its drawings and faces go too. */
export function deleteOriginal(id) {
  return call(`api/originals/${id}`, { method: "DELETE" });
}

export function deleteFace(id) {
  return call(`api/downloaded-faces/${id}`, { method: "DELETE" });
}

/** Everything of this device. */
export function deleteDevice() {
  return call("api/device", { method: "DELETE" });
}

/** Everything of this device, as one zip. */
export async function exportDevice() {
  const reply = await request("api/device/export");
  return reply.blob().catch(() => {
    throw new ConnectionError();
  });
}

/** Ask once. `path` is relative to the page, so that both may live under a folder of a larger site. */
export async function call(path, { method = "GET", signal, headers = {} } = {}) {
  const reply = await request(path, { method, headers, signal: signal ?? AbortSignal.timeout(READ_TIMEOUT_MS) });
  try {
    return (await reply.json()).data;
  } catch {
    throw new ConnectionError();
  }
}

/** The same, and the reply as it is. */
export async function request(path, { method = "GET", headers = {}, signal } = {}) {
  const reply = await fetch(path, {
    method,
    headers: { "x-device-id": readDevice(), ...headers },
    cache: "no-store",
    signal,
  }).catch(() => {
    throw new ConnectionError();
  });
  if (!reply.ok) {
    throw readFailure(reply.status, await reply.text().catch(() => ""), reply.headers.get("Retry-After"));
  }
  return reply;
}
