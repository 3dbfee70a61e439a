// Records of signings that wait on this telephone until there is a network: kept by the browser, sent once.
//
//   form data-capture data-account="…"   its submission is kept here and sent to the interface
//   [data-capture-queue]                 the list of what waits; its template holds one line
//   [data-capture-sent]                  shown once something was sent, until the next one is recorded
//
// Each record has a UUID of its own, made here, so that sending it twice records it once. Of an identity number no
// more than the last four characters are ever kept. What somebody else recorded on this telephone is not sent.
"use strict";

(() => {
  const form = document.querySelector("form[data-capture]");
  const list = document.querySelector("[data-capture-queue]");
  const sent = document.querySelector("[data-capture-sent]");
  if (!form || !list || !window.localStorage || !window.crypto || !crypto.randomUUID) return;

  const name = `signings of ${form.dataset.account}`;
  const kept = () => JSON.parse(localStorage.getItem(name) || "[]");
  const keep = (records) => localStorage.setItem(name, JSON.stringify(records));
  const values = (field) => [...form.querySelectorAll(`[name="${field}"]`)].map((each) => each.value.trim());
  const end = (number) => number.normalize("NFKC").replace(/[^0-9A-Za-z]/g, "").slice(-4).toUpperCase();

  // The form came with the server's time; what is typed here is the telephone's.
  const now = new Date();
  const local = new Date(now.getTime() - 60000 * now.getTimezoneOffset());
  form.elements.signed_at.value = local.toISOString().slice(0, 16);

  const recorded = () => {
    const [names, parties, checks, numbers] = ["name", "party", "check", "number"].map((each) => values(`signer_${each}`));
    const signers = names
      .map((each, at) => ({ name: each, party: parties[at], check: checks[at], number_end: end(numbers[at]) }))
      .filter((each) => each.name);
    return {
      capture_id: crypto.randomUUID(),
      copy_id: form.elements.copy_id.value,
      signers,
      place: form.elements.place.value.trim(),
      witness: form.elements.witness.value.trim(),
      signed_at: new Date(form.elements.signed_at.value).toISOString(),
      captured_at: new Date().toISOString(),
    };
  };

  const said = (record, problem) => {
    const copy = [...form.elements.copy_id.options].find((each) => each.value === record.copy_id);
    const words = record.signers.map((each) => each.name).join(", ");
    const line = list.querySelector("template").content.cloneNode(true);
    line.querySelector("[data-what]").textContent = `${copy ? copy.textContent.trim() : record.copy_id} · ${words}`;
    line.querySelector("[data-problem]").textContent = problem || "";
    line.querySelector("button").addEventListener("click", () => {
      keep(kept().filter((each) => each.capture_id !== record.capture_id));
      show();
    });
    return line;
  };

  const problems = new Map();
  const show = () => {
    const records = kept();
    list.querySelectorAll("li").forEach((each) => each.remove());
    records.forEach((each) => list.append(said(each, problems.get(each.capture_id))));
    list.parentElement.hidden = records.length === 0;
  };

  let sending = false;
  const send = async () => {
    if (sending || !navigator.onLine) return;
    sending = true;
    try {
      for (const record of kept()) {
        const answer = await fetch("/api/v1/signing-records", {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
          body: JSON.stringify(record),
        });
        if (answer.ok) {
          keep(kept().filter((each) => each.capture_id !== record.capture_id));
          sent.hidden = false;
          sent.scrollIntoView({ block: "center" });
        } else problems.set(record.capture_id, (await answer.json().catch(() => ({}))).detail || String(answer.status));
        if (answer.status === 401) break;
      }
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem; // no network: what is kept stays kept
    } finally {
      sending = false;
      show();
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent.hidden = true;
    keep([...kept(), recorded()]);
    for (const each of form.querySelectorAll('[name^="signer_"]:not(select), [name="witness"]')) each.value = "";
    show();
    list.parentElement.scrollIntoView({ block: "center" });
    send();
  });
  window.addEventListener("online", send);
  setInterval(() => kept().length && send(), 30000);
  show();
  send();
})();
