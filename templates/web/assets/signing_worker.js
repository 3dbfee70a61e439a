// The service worker of one page: it opens the form for signings by hand where there is no network.
//
// The server writes BUILD, PAGE and FILES above. Kept are the form as it was last seen and its four files, under the
// build's name; another build's are thrown away, and so is the form once nobody is signed in (see signed_out.js).
"use strict";

const CACHE = `signings ${BUILD}`;
const FORM = `${PAGE}/offline`;
const LONGEST_WAIT_MS = 8000; // a network that does not answer is none
const GOOD_FOR_MS = 7 * 24 * 3600 * 1000;

async function prepare() {
  const cache = await caches.open(CACHE);
  await Promise.all([cache.addAll(FILES), renew()]);
}

// The form with the copies that are on paper now. One of another build belongs to the worker that comes with it.
async function renew() {
  const fresh = await fetch(FORM, { credentials: "same-origin", redirect: "error", cache: "no-store" });
  if (!fresh.ok) throw new Error(`the form was answered with ${fresh.status}`);
  if (fresh.headers.get("Printserver-Build") === BUILD) await (await caches.open(CACHE)).put(FORM, fresh);
}

async function forgetForm() {
  await (await caches.open(CACHE)).delete(FORM);
}

async function forgetOtherBuilds() {
  const others = (await caches.keys()).filter((each) => each !== CACHE);
  await Promise.all(others.map((each) => caches.delete(each)));
}

async function kept() {
  const form = await caches.match(FORM, { cacheName: CACHE });
  return form && Date.now() - Date.parse(form.headers.get("date")) < GOOD_FOR_MS ? form : undefined;
}

async function opened(event) {
  const asked = fetch(event.request);
  try {
    const answer = await Promise.race([asked, later()]);
    if (!answer) return (await kept()) || (await asked);
    if (answer.type === "opaqueredirect") event.waitUntil(forgetForm()); // nobody is signed in
    else if (answer.ok) event.waitUntil(renew().catch(() => undefined)); // the next visit tries again
    return answer;
  } catch (problem) {
    const form = await kept();
    if (form) return form;
    throw problem;
  }
}

const later = () => new Promise((done) => setTimeout(done, LONGEST_WAIT_MS));
const file = async (request) => (await caches.match(request, { cacheName: CACHE })) || fetch(request);

self.addEventListener("install", (event) => event.waitUntil(prepare().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(forgetOtherBuilds().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { pathname, search } = new URL(url);
  if (method !== "GET") return;
  if (mode === "navigate" && pathname === PAGE) event.respondWith(opened(event));
  else if (FILES.includes(pathname + search)) event.respondWith(file(event.request));
});
