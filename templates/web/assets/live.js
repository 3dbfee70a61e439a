// Sections with `data-live` follow by themselves: the server only says what has changed, and the page asks for it again.
// Whoever has typed something into a section keeps it, and is told instead. Without this script nothing is lost.
"use strict";

(() => {
  const PAUSE_MS = 1000;
  const POLL_MS = 5000;
  const LISTEN_AGAIN_MS = 30000;

  const stale = new Set();
  let source = null;
  let poller = null;
  let again = null;
  let timer = null;
  let later = null;
  let loading = false;
  let changedMeanwhile = false;
  let lastLoad = 0;
  let over = false;
  let pressed = false; // nothing moves from under a finger: a press on what is gone by its end is no click

  const sections = () => [...document.querySelectorAll("[data-live][id]")];
  const topicsOf = (section) => section.dataset.live.split(/\s+/).filter(Boolean);
  const allTopics = () => [...new Set(sections().flatMap(topicsOf))].sort().join(",");

  function changed(found) {
    found.forEach((section) => stale.add(section.id));
    if (stale.size && !timer && !over) timer = setTimeout(load, Math.max(0, lastLoad + PAUSE_MS - Date.now()));
  }

  // What changes while the answer is under way may not be in it: it is stale again, and asked for again.
  async function load() {
    timer = null;
    if (loading) return (changedMeanwhile = true);
    loading = true;
    lastLoad = Date.now();
    const asked = [...stale];
    stale.clear();
    let left = asked;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected || (answer.status >= 400 && answer.status < 429)) return end();
      if (!answer.ok) askLater();
      else if (!pressed) left = show(asked, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      askLater();
    } finally {
      loading = false;
      left.forEach((id) => stale.add(id));
      if (changedMeanwhile) changed([]);
      changedMeanwhile = false;
    }
  }

  // The server is away or has too much to do.
  function askLater() {
    later ??= setTimeout(() => {
      later = null;
      if (!document.hidden) changed([]);
    }, POLL_MS);
  }

  // Those of the asked sections that could not follow.
  function show(asked, page) {
    const left = asked.filter((id) => {
      const section = document.getElementById(id);
      return section && !follow(section, page.getElementById(id));
    });
    if (source && source.topics !== allTopics()) listen();
    return left;
  }

  // Whether the section is as the server has it now.
  function follow(section, fresh) {
    if (!fresh) return !hint(section); // it is gone; the rest of the page follows
    if (!section.isEqualNode(fresh)) {
      if (isBusy(section)) return hint(section);
      swap(section, fresh);
    }
    hintOf(fresh.isConnected ? fresh : section)?.remove();
    return true;
  }

  function swap(section, fresh) {
    const focused = section.contains(document.activeElement) ? document.activeElement : null;
    for (const box of section.querySelectorAll("input[type=checkbox][name]")) {
      const same = fresh.querySelector(`input[name="${CSS.escape(box.name)}"][value="${CSS.escape(box.value)}"]`);
      if (same) same.checked = box.checked;
    }
    const opened = [...section.querySelectorAll("details[open] > summary")].map((each) => each.textContent);
    for (const each of fresh.querySelectorAll("details > summary")) {
      if (opened.includes(each.textContent)) each.parentElement.open = true;
    }
    section.replaceWith(fresh);
    window.htmx?.process(fresh);
    if (focused) placeOf(focused, fresh).focus({ preventScroll: true });
  }

  // Where the focus goes on: the same element, else the one under the same id or key, else the page's content.
  function placeOf(focused, fresh) {
    const same = [...fresh.querySelectorAll(focused.tagName)].find((each) => each.isEqualNode(focused));
    const { id, dataset } = focused;
    const named = id ? `#${CSS.escape(id)}` : dataset.key && `[data-key="${CSS.escape(dataset.key)}"]`;
    return same || (named && fresh.querySelector(named)) || document.getElementById("main");
  }

  function isBusy(section) {
    const fields = [...section.querySelectorAll("textarea, select, input:not([type=hidden], [type=checkbox])")];
    return fields.some((field) => field === document.activeElement || isTyped(field));
  }

  function isTyped(field) {
    if (field.type === "radio") return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const given = [...field.options].findIndex((each) => each.defaultSelected);
    return field.selectedIndex !== Math.max(given, 0);
  }

  const hintOf = (section) => {
    const before = section.previousElementSibling;
    return before?.classList.contains("live-hint") ? before : null;
  };

  function hint(section) {
    if (!hintOf(section)) section.before(document.getElementById("live-hint").content.cloneNode(true));
    return false;
  }

  function listen() {
    stop();
    const topics = allTopics();
    if (!topics || document.hidden || over) return;
    source = new EventSource(`/live?topics=${topics}`);
    source.topics = topics;
    source.addEventListener("listening", () => {
      stopPolling();
      changed(sections());
    });
    source.addEventListener("changed", (event) => {
      const news = new Set(event.data.split(" "));
      changed(sections().filter((section) => topicsOf(section).some((topic) => news.has(topic))));
    });
    source.addEventListener("error", (event) => {
      startPolling();
      if (event.target.readyState === EventSource.CLOSED) again ??= setTimeout(listen, LISTEN_AGAIN_MS);
    });
  }

  function startPolling() {
    if (!over && !document.hidden) poller ??= setInterval(() => changed(sections()), POLL_MS);
  }

  function stopPolling() {
    clearInterval(poller);
    poller = null;
  }

  function stop() {
    source?.close();
    clearTimeout(again);
    source = again = null;
    stopPolling();
  }

  // Signed out, or the page is no longer one's own.
  function end() {
    over = true;
    stop();
    sections().forEach(hint);
  }

  function released() {
    setTimeout(() => {
      pressed = false;
      changed([]);
    });
  }

  document.addEventListener("pointerdown", () => (pressed = true), true);
  document.addEventListener("pointerup", released, true);
  document.addEventListener("pointercancel", released, true);
  document.addEventListener("visibilitychange", listen);
  document.addEventListener("focusout", () => setTimeout(() => changed([])));
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
})();
