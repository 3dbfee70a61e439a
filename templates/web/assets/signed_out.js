// Where people sign in, nobody is signed in: what a telephone kept to open without a network is taken away. Signings that
// were not sent yet stay, sealed; how many there are is said.
"use strict";

(async () => {
  if (!window.caches || !window.indexedDB) return;
  for (const name of await caches.keys()) await (await caches.open(name)).delete("/signing-records/offline");
  const hint = document.querySelector("[data-unsent]");
  if (!hint || !indexedDB.databases || !(await indexedDB.databases()).some((each) => each.name === "signings")) return;
  const asked = indexedDB.open("signings");
  asked.onsuccess = () => {
    const database = asked.result;
    const counted = database.transaction("kept").objectStore("kept").count();
    counted.onsuccess = () => {
      hint.querySelector("[data-count]").textContent = counted.result;
      hint.hidden = counted.result === 0;
      database.close();
    };
  };
})();
