// Seals on the page's picture: dragged, or moved by arrow keys. The number fields are the truth; this moves them.
// What fields alone cannot show (words, edges, what is wrong) the server works out whenever something has changed.
"use strict";

(() => {
  const paper = document.getElementById("paper");
  if (!paper) return;
  const form = paper.closest("form");
  const shown = Number(paper.dataset.page);
  const pageWidth = Number(paper.dataset.width) / 1000;
  const pageHeight = Number(paper.dataset.height) / 1000;
  const outlines = [];

  const within = (value, most) => Math.min(Math.max(value, 0), most);
  const rounded = (value) => String(Math.round(value * 10) / 10);
  const sizeOf = (choice) => {
    const chosen = choice.selectedOptions[0];
    return chosen ? [Number(chosen.dataset.width) / 1000, Number(chosen.dataset.height) / 1000] : [40, 40];
  };
  const isShown = (pages) =>
    pages.trim() === "all" ||
    pages.split(/[,，]/).some((part) => {
      const [first, last] = part.split("-").map((each) => each.trim());
      if (last === undefined) return Number(first) === shown;
      return Number(first) <= shown && (last === "" || shown <= Number(last));
    });

  const placeOnPicture = (place) => {
    const group = place.closest("[data-seal]");
    const choice = group.querySelector("select");
    const [page, x, y] = ["page", "x", "y"].map((name) => place.querySelector(`[name="place_${name}"]`));
    const seal = document.createElement("button");
    seal.type = "button";
    seal.className = "seal-outline";
    const number = document.querySelectorAll("[data-seal]").length > 1 ? Number(group.dataset.seal) + 1 : "";
    seal.textContent = `${paper.dataset.letter}${number}`;
    seal.setAttribute("aria-label", `${place.querySelector("legend").textContent}: ${paper.dataset.label}`);
    paper.append(seal);
    outlines.push({ seal, x, y });

    const draw = () => {
      const [width, height] = sizeOf(choice);
      seal.hidden = !isShown(page.value);
      seal.style.width = `${(100 * width) / pageWidth}%`;
      seal.style.height = `${(100 * height) / pageHeight}%`;
      seal.style.left = `${(100 * Number(x.value)) / pageWidth}%`;
      seal.style.top = `${(100 * Number(y.value)) / pageHeight}%`;
    };
    const move = (toX, toY) => {
      const [width, height] = sizeOf(choice);
      x.value = rounded(Math.max(width / 2, within(toX, pageWidth - width / 2)));
      y.value = rounded(Math.max(height / 2, within(toY, pageHeight - height / 2)));
      draw();
      checkSoon();
    };

    let grip = null;
    seal.addEventListener("pointerdown", (event) => {
      const box = paper.getBoundingClientRect();
      grip = [
        event.clientX - box.left - (Number(x.value) / pageWidth) * box.width,
        event.clientY - box.top - (Number(y.value) / pageHeight) * box.height,
      ];
      seal.setPointerCapture(event.pointerId);
      seal.focus();
      event.preventDefault();
    });
    seal.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const box = paper.getBoundingClientRect();
      move(
        ((event.clientX - box.left - grip[0]) / box.width) * pageWidth,
        ((event.clientY - box.top - grip[1]) / box.height) * pageHeight,
      );
    });
    for (const end of ["pointerup", "pointercancel"]) seal.addEventListener(end, () => (grip = null));
    seal.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      move(Number(x.value) + step[0] * far, Number(y.value) + step[1] * far);
    });
    for (const field of [page, x, y, choice]) field.addEventListener("input", draw);
    draw();
  };

  const spots = document.getElementById("spots");
  const findings = document.getElementById("place-findings");
  const seen = document.getElementById("seen");

  const isDragged = (spot) =>
    spot.kind === "seal" &&
    outlines.some(
      ({ seal, x, y }) =>
        !seal.hidden &&
        Math.abs(spot.x + spot.width / 2 - Number(x.value)) < 0.3 &&
        Math.abs(spot.y + spot.height / 2 - Number(y.value)) < 0.3,
    );
  const show = (found) => {
    spots.replaceChildren(
      ...found.spots
        .filter((spot) => !isDragged(spot))
        .map((spot) => {
          const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
          box.setAttribute("class", `spot-${spot.kind}`);
          for (const side of ["x", "y", "width", "height"]) box.setAttribute(side, spot[side]);
          return box;
        }),
    );
    const list = document.createElement("ul");
    list.className = "findings";
    for (const each of found.findings) {
      const line = document.createElement("li");
      line.textContent = `${each.warning ? "!" : "✗"} ${each.text}`;
      list.append(line);
    }
    findings.replaceChildren(list);
    if (!found.findings.length && found.page) findings.textContent = `✓ ${findings.dataset.fine}`;
    if (seen.value !== found.seen) {
      seen.checked = false;
      seen.value = found.seen;
    }
    document.getElementById("seen-box").classList.toggle("invisible", !found.seen);
  };

  let timer = null;
  let asking = null;
  const check = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(paper.dataset.check, {
        method: "POST",
        body: new FormData(form),
        signal: asking.signal,
        headers: { Accept: "application/json" },
      });
      if (answer.ok) show(await answer.json());
    } catch (problem) {
      if (problem.name !== "AbortError" && !(problem instanceof TypeError)) throw problem;
    }
  };
  const checkSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  };
  const stop = () => {
    clearTimeout(timer);
    asking?.abort();
  };

  for (const place of document.querySelectorAll("[data-place]")) {
    if (place.dataset.kind === "page" || place.dataset.kind === "pages") placeOnPicture(place);
  }
  for (const field of form.querySelectorAll("[data-seal] input, [data-seal] select, #sides, #code-corner")) {
    field.addEventListener("input", checkSoon);
  }
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", stop);

  const documentClass = document.getElementById("class");
  documentClass.addEventListener("change", () => {
    const { printer, types } = documentClass.selectedOptions[0].dataset;
    const printerChoice = document.getElementById("printer");
    if (printer && [...printerChoice.options].some((option) => option.value === printer)) printerChoice.value = printer;
    const sealChoice = document.getElementById("seal");
    const allowed = (types || "").split(" ").filter(Boolean);
    const own = sealChoice.selectedOptions[0]?.dataset.type;
    if (!allowed.length || allowed.includes(own)) return;
    const fitting = [...sealChoice.options].find((option) => allowed.includes(option.dataset.type));
    if (!fitting) return;
    sealChoice.value = fitting.value;
    sealChoice.dispatchEvent(new Event("input", { bubbles: true }));
  });
  checkSoon();
})();
