// Records of signings that wait in this browser until there is a network: sealed for the server, sent once.
//
//   form data-capture          its submission is sealed and kept here, then sent
//   [data-capture-queue]       what waits of this account; its template holds one line
//   [data-capture-sent]        shown once something was sent, until the next one is recorded
//   [data-capture-ready]       shown once the page opens without a network, too
//
// Each record has a UUID of its own, made here, so that sending it twice records it once. What is kept in the clear is
// that UUID, the account, the copy and the time; names, places and papers are sealed (printserver/web/sealed_captures.py),
// and of an identity number no more than the last four characters. What another account recorded here is not sent.
"use strict";

(async () => {
  const queue = document.querySelector("[data-capture-queue]");
  const form = document.querySelector("form[data-capture]");
  if (!queue || !window.indexedDB || !window.crypto?.subtle) return; // no secure connection: the form is sent at once

  const PAGE = "/signing-records";
  const KEPT_MS = 30 * 24 * 3600 * 1000;
  const { account, sealingKey } = queue.dataset;
  const list = queue.querySelector("ul");
  const sent = document.querySelector("[data-capture-sent]");
  const values = (field) => [...form.querySelectorAll(`[name="${field}"]`)].map((each) => each.value.trim());
  const end = (number) => number.normalize("NFKC").replace(/[^0-9A-Za-z]/g, "").slice(-4).toUpperCase();
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const opening = indexedDB.open("signings", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("kept", { keyPath: "capture_id" });
  const database = await done(opening);
  const kept = (mode) => database.transaction("kept", mode).objectStore("kept");
  const mine = async () => (await done(kept("readonly").getAll())).filter((each) => each.account === account);
  const keep = (record) => done(kept("readwrite").put(record));
  const forget = (record) => done(kept("readwrite").delete(record.capture_id));

  const recorded = () => {
    const [names, parties, checks, ends] = ["name", "party", "check", "number"].map((each) => values(`signer_${each}`));
    const signers = names
      .map((each, at) => ({ name: each, party: parties[at], check: checks[at], number_end: end(ends[at]) }))
      .filter((each) => each.name);
    return {
      copy_id: form.elements.copy_id.value,
      signers,
      place: form.elements.place.value.trim(),
      witness: form.elements.witness.value.trim(),
      signed_at: new Date(form.elements.signed_at.value).toISOString(),
      captured_at: new Date().toISOString(),
    };
  };

  const octets = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const base64 = (...parts) => btoa(parts.map((part) => String.fromCharCode(...new Uint8Array(part))).join(""));
  const joined = (one, other) => new Uint8Array([...new Uint8Array(one), ...new Uint8Array(other)]);

  // ECIES over P-256, HKDF-SHA256, AES-256-GCM; the ephemeral private key is forgotten on return.
  const sealed = async (captureId, words) => {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const server = octets(sealingKey);
    const theirs = await crypto.subtle.importKey("raw", server, curve, false, []);
    const ours = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    const point = await crypto.subtle.exportKey("raw", ours.publicKey);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
    const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const utf8 = new TextEncoder();
    const info = utf8.encode("printserver signing capture 1");
    const derivation = { name: "HKDF", hash: "SHA-256", salt: joined(point, server), info };
    const key = await crypto.subtle.deriveKey(derivation, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const about = { name: "AES-GCM", iv, additionalData: utf8.encode(captureId) };
    return base64(point, iv, await crypto.subtle.encrypt(about, key, utf8.encode(JSON.stringify(words))));
  };

  const line = (record) => {
    const copy = [...(form?.elements.copy_id.options ?? [])].find((each) => each.value === record.copy_id);
    const shown = list.querySelector("template").content.cloneNode(true);
    shown.querySelector("[data-what]").textContent = copy ? copy.textContent.trim() : record.copy_id;
    shown.querySelector("[data-when]").textContent = new Date(record.kept_at).toLocaleString(document.documentElement.lang);
    const until = new Date(record.kept_at + KEPT_MS);
    shown.querySelector("[data-until]").textContent = until.toLocaleDateString(document.documentElement.lang);
    shown.querySelector("[data-problem]").textContent = record.problem;
    shown.querySelector("button").addEventListener("click", () => forget(record).then(show));
    return shown;
  };

  const show = async () => {
    const records = await mine();
    list.querySelectorAll("li").forEach((each) => each.remove());
    records.forEach((each) => list.append(line(each)));
    queue.querySelector("[data-count]").textContent = records.length;
    queue.hidden = records.length === 0;
  };

  // The token of whoever is signed in now: this page may have been open for long, or come from the telephone.
  const token = async () => {
    const answer = await fetch(PAGE, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
    const same = page.querySelector("[data-capture-queue]")?.dataset.account === account;
    queue.querySelector("[data-sign-in]").hidden = same || !answer.redirected;
    return same ? page.querySelector('[name="csrf_token"]').value : null;
  };

  const sendOne = async (record, csrf) => {
    const answer = await fetch(`${PAGE}/captures`, {
      method: "POST",
      body: new URLSearchParams({ csrf_token: csrf, capture_id: record.capture_id, sealed: record.sealed }),
      redirect: "error",
    });
    const problem = await problemIn(answer);
    if (problem) return keep({ ...record, problem });
    await forget(record);
    sent.hidden = false;
    sent.scrollIntoView({ block: "center" });
  };

  // Only this server's own word that it is recorded lets a record go; a page of anything in between says nothing.
  const problemIn = async (answer) => {
    const said = await answer.json().catch(() => null);
    if (typeof said?.problem === "string" && (said.problem || answer.status === 201)) return said.problem;
    return queue.dataset.oddAnswer.replace("{status}", answer.status);
  };

  let sending = false;
  const send = async () => {
    if (sending || !navigator.onLine) return;
    sending = true;
    try {
      const records = await mine();
      const csrf = records.length ? await token() : null;
      if (csrf) for (const record of records) await sendOne(record, csrf);
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem; // no network
    } finally {
      sending = false;
      await show();
    }
  };

  const submitted = async () => {
    const captureId = crypto.randomUUID();
    const words = recorded();
    const record = { capture_id: captureId, account, copy_id: words.copy_id, kept_at: Date.now(), problem: "" };
    await keep({ ...record, sealed: await sealed(captureId, words) });
    for (const each of form.querySelectorAll('[name^="signer_"]:not(select), [name="witness"]')) each.value = "";
    await show();
    queue.scrollIntoView({ block: "center" });
    navigator.storage?.persist?.();
    await send();
  };

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    sent.hidden = true;
    submitted();
  });
  if (form) {
    // The form came with the server's time, or none; what is typed here is the telephone's.
    const now = new Date();
    form.elements.signed_at.value = new Date(now - 60000 * now.getTimezoneOffset()).toISOString().slice(0, 16);
  }
  for (const each of await mine()) if (Date.now() - each.kept_at > KEPT_MS) await forget(each);
  window.addEventListener("online", send);
  setInterval(send, 30000);
  await show();
  await send();

  const ready = document.querySelector("[data-capture-ready]");
  if (!ready || !navigator.serviceWorker) return;
  await navigator.serviceWorker.register(`${PAGE}/worker.js`, { scope: PAGE });
  await navigator.serviceWorker.ready;
  ready.hidden = false;
})();
