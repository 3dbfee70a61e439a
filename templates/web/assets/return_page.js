// Single keys on pages with `data-key`: press it to click a button or link, or to go into a field. They rest while
// somebody types, with any other key held, and for whoever switches them off. Without this script nothing is lost.
"use strict";

(() => {
  const OFF = "return-keys-off";
  let done = false;

  const field = "input:not([type=checkbox]), textarea, select";
  const box = document.querySelector("[data-keys-switch]");
  const isOff = () => localStorage.getItem(OFF) === "1";
  if (box) {
    box.checked = !isOff();
    box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "0" : "1"));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.target.closest?.(field)) return event.key === "Escape" ? event.target.blur() : undefined;
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!wanted || done || (isOff() && event.key !== "?")) return;
    event.preventDefault();
    if (wanted.matches(field)) return wanted.focus();
    done = wanted.matches("form button"); // one decision a page: a second key must not reach the next one
    wanted.click();
  });

  window.addEventListener("pageshow", () => (done = false));
})();
