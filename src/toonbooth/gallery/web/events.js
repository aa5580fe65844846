// Reads server-sent events from a `fetch` reply; `EventSource` cannot send the device's header.

import { ConnectionError } from "./errors.js";

const SILENCE_MS = 45_000; // the gallery says something, if only a comment, several times in that

/**
 * Yields `{id, name, data}` for each event of a stream of bytes, until it ends.
 * @throws ConnectionError when it falls silent, as when a phone has left the network that it began in
 */
export async function* readEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await beforeSilence(reader.read());
      if (done) return;
      text = (text + value).replaceAll("\r\n", "\n");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const event = readEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function beforeSilence(reading) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError()), SILENCE_MS);
  });
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

function readEvent(block) {
  const event = { id: null, name: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") event.id = value;
    else if (field === "event") event.name = value;
    else if (field === "data") event.data.push(value);
  }
  return event.data.length ? { ...event, data: event.data.join("\n") } : null;
}
