// The host's log: at most 16 lines of 512 bytes for each call.

let write = () => {};

/** Sends lines to a function that takes a level and a text. */
export function logsTo(sink) {
  write = sink;
}

/** Writes lines to the host's log; in tests to nowhere, unless `logsTo` says otherwise. */
export const log = Object.freeze({
  debug: (text) => write("debug", String(text)),
  info: (text) => write("info", String(text)),
  warn: (text) => write("warn", String(text)),
  error: (text) => write("error", String(text)),
});
