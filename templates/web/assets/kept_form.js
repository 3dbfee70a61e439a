// What is typed is kept by the server while it is typed: a reload or the back button shows it again.
// Without this script the form is kept whenever one of its buttons is pressed.
"use strict";

(() => {
  const PAUSE_MS = 500;
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  let timer = null;
  let underWay = new AbortController();

  const keep = () => {
    timer = null;
    const sent = { method: "POST", body: new FormData(form), keepalive: true, signal: underWay.signal };
    // Without a network it is kept the next time, or when a button is pressed.
    fetch(form.dataset.keep, sent).catch(() => undefined);
  };
  const keepSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  };
  // What a button sends is newer than what is still on its way.
  const stop = () => {
    clearTimeout(timer);
    timer = null;
    underWay.abort();
    underWay = new AbortController();
  };

  for (const change of ["input", "moved"]) form.addEventListener(change, keepSoon);
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", () => timer && keep());
})();
