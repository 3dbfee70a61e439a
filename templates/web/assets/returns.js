// Hands in many files one after the other, each with its own progress and outcome. Without this script the form does it.
"use strict";

(() => {
  const form = document.querySelector("form.many-files");
  if (!form) return;
  const list = form.querySelector(".file-list");
  const row = form.querySelector("template.file-row");
  const inputs = [...form.querySelectorAll("input[type=file]")];

  form.addEventListener("submit", async (event) => {
    const files = inputs.flatMap((input) => [...input.files]);
    if (!files.length) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    list.hidden = false;
    const rows = files.map(added);
    const taken = [];
    for (const [at, file] of files.entries()) {
      const address = await handIn(file, rows[at]);
      if (address) taken.push(address);
    }
    button.disabled = false;
    inputs.forEach((input) => (input.value = ""));
    if (files.length === 1 && taken.length === 1) location.assign(taken[0]);
  });

  function added(file) {
    const line = row.content.firstElementChild.cloneNode(true);
    line.querySelector(".file-name").textContent = file.name;
    list.append(line);
    return line;
  }

  // The address of the return, or nothing when the file was refused.
  function handIn(file, line) {
    const bar = line.querySelector("progress");
    const outcome = line.querySelector(".file-outcome");
    const say = (...parts) => outcome.replaceChildren(...parts);
    if (file.size > Number(form.dataset.mostBytes)) return say("✗ ", list.dataset.large);
    const sent = new FormData();
    sent.append("csrf_token", form.elements.csrf_token.value);
    sent.append("scan", file);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true"); // the answer names the new page instead of leading there
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
        if (event.loaded === event.total) say(list.dataset.storing);
      });
      request.addEventListener("load", () => {
        const address = request.getResponseHeader("HX-Redirect");
        bar.hidden = true;
        if (address) say("✓ ", link(address, list.dataset.stored));
        else say(...refusal(request));
        resolve(address);
      });
      request.addEventListener("error", () => {
        say("✗ ", list.dataset.away);
        resolve(null);
      });
      request.send(sent);
    });
  }

  function link(address, words) {
    const made = document.createElement("a");
    made.href = address;
    made.textContent = words;
    return made;
  }

  function refusal(request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const said = page.getElementById("scan-problem") ?? page.querySelector("[role=alert]");
    return said ? [...said.childNodes].map((node) => document.importNode(node, true)) : ["✗ ", list.dataset.away];
  }
})();
