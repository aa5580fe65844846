// Follows a job that the gallery works on: its events as they come, or asked for where streams do not pass.

import { call, request } from "./api.js";
import { ApiError, CancelledError, ConnectionError } from "./errors.js";
import { readEvents } from "./events.js";

const ASK_EVERY_MS = 1000;
const FINISHED = ["succeeded", "failed", "cancelled", "interrupted"];

/**
 * Wait for the end of a job; resolves to the body of the plain call's reply.
 * @param onJob called with the job each time something about it is new
 */
export async function follow(address, { onJob, signal }) {
  let job = null;
  const take = (news) => {
    job = news;
    onJob(job);
    return FINISHED.includes(job.state);
  };
  try {
    await followEvents(address, { take, signal });
  } catch (failure) {
    if (signal.aborted) throw new CancelledError();
    if (failure instanceof ApiError && failure.code !== "route_not_found") throw failure;
  }
  while (!job || !FINISHED.includes(job.state)) {
    take((await call(address)).job);
    if (FINISHED.includes(job.state)) break;
    await pause(ASK_EVERY_MS, signal);
  }
  return readAnswer(job);
}

/** Have a job stopped; whether that comes in time shows in its state. */
export function cancel(address) {
  return call(address, { method: "DELETE" });
}

async function followEvents(address, { take, signal }) {
  let lastId = null;
  // A stream that breaks off is taken up where it ended; one that brings nothing new is given up.
  for (;;) {
    const headers = { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) };
    const reply = await request(`${address}/events`, { headers, signal });
    if (!reply.body) return; // nothing more will come
    let heard = false;
    for await (const event of readEvents(reply.body)) {
      if (event.id) lastId = event.id;
      if (event.name !== "job") continue;
      heard = true;
      if (take(JSON.parse(event.data))) return;
    }
    if (!heard) return;
  }
}

function readAnswer(job) {
  const { answer, state } = job;
  if (state === "cancelled") throw new CancelledError();
  if (state === "interrupted") throw new ApiError("The drawing was interrupted.", { status: 503, code: "interrupted", retryAfterSeconds: 1 });
  if (!answer) throw new ConnectionError();
  if (answer.status >= 400) {
    throw new ApiError(answer.body.error, { status: answer.status, code: answer.body.code, retryAfterSeconds: answer.retryAfter });
  }
  return answer.body;
}

export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new CancelledError());
    }, { once: true });
  });
}
