// Upload progress, and nothing else: every page also works without scripts.
"use strict";

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = event.target.closest("form.upload");
  if (!form || !event.detail.lengthComputable) return;
  const bar = form.querySelector(".upload-progress");
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
  form.querySelector(".upload-working").hidden = event.detail.loaded < event.detail.total;
});
