// What can go wrong between the page and the gallery, and the sentences for what the gallery cannot say itself.

/** The gallery said no: `{"success": false, "error": sentence, "code": code}`. */
export class ApiError extends Error {
  constructor(sentence, { status, code = "", retryAfterSeconds = null }) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Nothing came back, or something that isn't the gallery's. */
export class ConnectionError extends Error {
  constructor() {
    super(navigator.onLine ? "The gallery does not answer." : "There is no network.");
  }
}

/** The person said no. */
export class CancelledError extends Error {}

const JOB_OVER = ["interrupted", "job_not_found"];

/** Whether the same request may succeed by itself, a little later. */
export function isPassing(failure) {
  if (failure instanceof ConnectionError) return true;
  return failure instanceof ApiError && ([409, 429, 503].includes(failure.status) || JOB_OVER.includes(failure.code));
}

/** The failure of a reply; `body` is its text. */
export function readFailure(status, body, retryAfter) {
  const retryAfterSeconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
  try {
    const { error, code } = JSON.parse(body);
    if (typeof error === "string") return new ApiError(error, { status, code, retryAfterSeconds });
  } catch {
    // A proxy's page, say: not ours to show.
  }
  if (status >= 502 && status <= 504) return new ConnectionError();
  return new ApiError("Something answered that is not the gallery. Please try again.", { status, retryAfterSeconds });
}

/** One sentence for a person. */
export function describe(failure) {
  if (failure instanceof ApiError || failure instanceof ConnectionError) return failure.message;
  console.error(failure);
  return "Something went wrong in this page. Reload it; nothing is lost.";
}
