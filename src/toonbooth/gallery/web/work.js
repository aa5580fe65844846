// Carries intentions out: sends each until it is answered, whatever the network does, and tells how it goes.
//
// The same `Idempotency-Key` goes out with every try, so the gallery does the work once. Work belongs to the
// page, not to a view: it goes on while the person looks at something else, and after a reload.

import { makeUuid, readDevice } from "./device.js";
import { ApiError, CancelledError, isPassing } from "./errors.js";
import { cancel, follow } from "./jobs.js";
import { forget, recall, remember } from "./outbox.js";
import { post } from "./sending.js";
import { tellTabs } from "./tabs.js";

const LONGEST_WAIT_MS = 30_000;
const SENDING_SHARE = 0.2; // of the whole bar; the rest is the gallery's own progress

const running = new Map();
const awaited = new Set(); // keys that another tab may be at
const listeners = new Set();

/** Calls back with each piece of work whenever something about it is new. */
export function onWork(callback) {
  listeners.add(callback);
}

export function findWork(matches) {
  return [...running.values()].find(matches) ?? null;
}

/** Take up what an earlier page of this browser left unfinished, and what another tab does if it doesn't finish. */
export async function resumeWork() {
  for (const { key } of await recall(readDevice())) takeUp(key);
}

async function takeUp(key) {
  if (running.has(key) || awaited.has(key)) return;
  awaited.add(key);
  const release = await claim(key);
  awaited.delete(key);
  // Another tab may have finished it by now, or told the gallery of it.
  const intention = (await recall(readDevice())).find((remembered) => remembered.key === key);
  if (intention && !running.has(key)) start(intention, release);
  else release();
}

/** Begin something new. */
export function begin({ kind, path, fields = {}, photo = null, about = null }) {
  const intention = { key: makeUuid(), device: readDevice(), kind, path, fields, photo, about, createdAt: Date.now(), job: null };
  return start(intention);
}

/** Stop and forget everything, as when the device becomes another. */
export function abandonWork() {
  for (const work of running.values()) work.stop();
}

function start(intention, release = null) {
  const work = new Work(intention);
  running.set(intention.key, work);
  work.run(release);
  return work;
}

/** One intention on its way. `phase`: sending, queued, drawing, waiting, failed, done, cancelled. */
class Work {
  phase = "sending";
  share = null; // 0 to 1; null when nobody can tell
  stage = null;
  queuePosition = null;
  previewUrl = null;
  failure = null;
  answer = null;
  wakeAt = null;
  #stopping = new AbortController();
  #wake = () => {};
  #isGivenUp = false;

  constructor(intention) {
    this.intention = intention;
    this.kind = intention.kind;
    this.about = intention.about;
    this.photo = intention.photo;
  }

  get isOver() {
    return ["failed", "done", "cancelled"].includes(this.phase);
  }

  /** Try again at once. */
  hurry() {
    if (this.phase === "failed") this.run();
    else this.#wake();
  }

  /** Give it up, here and at the gallery. */
  async cancel() {
    this.#isGivenUp = true;
    this.stop();
    await forget(this.intention.key);
    if (this.intention.job) await cancel(this.intention.job).catch(() => {});
  }

  /** Let go of it here; it stays in the outbox. */
  stop() {
    this.#stopping.abort();
    if (this.phase !== "failed") return; // the run sees it and ends
    running.delete(this.intention.key);
    this.#tell({ phase: "cancelled" });
  }

  /** @param claimed lets the claim go, where there is one already */
  async run(claimed = null) {
    const release = claimed ?? (await claim(this.intention.key));
    this.#tell({ phase: "sending", share: null, failure: null });
    await remember(this.intention);
    try {
      const body = await this.#deliver();
      // First the address names what came of it, then it leaves the outbox: a reload between finds it there.
      this.#end({ phase: "done", share: 1, answer: body.data });
      await forget(this.intention.key);
      tellTabs("pictures");
    } catch (failure) {
      if (failure instanceof CancelledError) {
        if (this.#isGivenUp) await forget(this.intention.key);
        this.#end({ phase: "cancelled" });
      } else {
        // A refusal is final, so the next page must not begin with it.
        if (failure.status < 500) await forget(this.intention.key);
        this.#tell({ phase: "failed", failure });
      }
    } finally {
      release();
    }
  }

  async #deliver() {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#try();
      } catch (failure) {
        if (!isPassing(failure)) throw failure;
        await this.#waitAfter(failure, tries);
      }
    }
  }

  async #try() {
    const { intention } = this;
    const signal = this.#stopping.signal;
    if (!intention.job) {
      this.#tell({ phase: "sending", share: intention.photo ? 0 : null, failure: null, wakeAt: null });
      const reply = await post(intention.path, {
        ...intention,
        signal,
        onSent: (sent) => intention.photo && this.#takeSent(sent),
      });
      if (reply.status !== 202) return reply.body;
      intention.job = `api/jobs/${reply.body.data.job.id}`;
      await remember(intention);
    }
    try {
      return await follow(intention.job, { signal, onJob: (job) => this.#takeJob(job) });
    } catch (failure) {
      // A job that has failed, or is gone, is over: the next try asks for another, with the same key.
      if (failure instanceof ApiError) {
        intention.job = null;
        await remember(intention);
      }
      throw failure;
    }
  }

  #takeSent(sent) {
    if (sent < 1) this.#tell({ share: sent * SENDING_SHARE });
    else this.#tell({ phase: "drawing", share: null });
  }

  #takeJob(job) {
    const before = this.intention.photo ? SENDING_SHARE : 0;
    this.#tell({
      phase: job.state === "queued" ? "queued" : "drawing",
      share: before + (1 - before) * job.progress,
      stage: job.stage,
      queuePosition: job.queuePosition,
      previewUrl: job.previewUrl ?? this.previewUrl,
      failure: null,
      wakeAt: null,
    });
  }

  /** Wait as long as the gallery says, or longer each time; a network that comes back ends it. */
  async #waitAfter(failure, tries) {
    const milliseconds = failure.retryAfterSeconds ? failure.retryAfterSeconds * 1000 : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries);
    const signal = this.#stopping.signal;
    if (signal.aborted) throw new CancelledError();
    this.#tell({ phase: "waiting", failure, share: null, wakeAt: Date.now() + milliseconds });
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => (clearTimeout(timer), resolve());
      addEventListener("online", this.#wake, { once: true });
      signal.addEventListener("abort", this.#wake, { once: true });
    });
    removeEventListener("online", this.#wake);
    if (signal.aborted) throw new CancelledError();
  }

  #end(news) {
    running.delete(this.intention.key);
    this.#tell(news);
  }

  #tell(news) {
    Object.assign(this, news);
    for (const listener of listeners) listener(this);
  }
}

/**
 * Of several tabs one does the work: wait until no other is at it, and resolve to what lets go of it. Where
 * there are no locks (plain HTTP) several may: the key makes it one.
 */
async function claim(key) {
  const nothing = () => {};
  if (!navigator.locks) return nothing;
  return new Promise((resolve) => {
    navigator.locks
      .request(`toonbooth ${key}`, () => new Promise((release) => resolve(release)))
      .catch(() => resolve(nothing));
  });
}
