// Seals on the page's picture: dragged, or moved by arrow keys. The number fields are the truth; this moves them.
"use strict";

(() => {
  const paper = document.getElementById("paper");
  const sealChoice = document.getElementById("seal");
  if (!paper || !sealChoice) return;
  const pageWidth = Number(paper.dataset.width) / 1000;
  const pageHeight = Number(paper.dataset.height) / 1000;

  const sealSize = () => {
    const chosen = sealChoice.selectedOptions[0];
    return chosen ? [Number(chosen.dataset.width) / 1000, Number(chosen.dataset.height) / 1000] : [40, 40];
  };
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  const rounded = (value) => String(Math.round(value * 10) / 10);

  for (const place of document.querySelectorAll("[data-place]")) {
    const [page, x, y] = ["page", "x", "y"].map((name) => place.querySelector(`[name="place_${name}"]`));
    const seal = document.createElement("button");
    seal.type = "button";
    seal.className = "seal-outline";
    seal.textContent = paper.dataset.letter;
    seal.setAttribute("aria-label", `${place.querySelector("legend").textContent}: ${paper.dataset.label}`);
    paper.append(seal);

    const draw = () => {
      const [width, height] = sealSize();
      seal.hidden = page.value !== paper.dataset.page;
      seal.style.width = `${(100 * width) / pageWidth}%`;
      seal.style.height = `${(100 * height) / pageHeight}%`;
      seal.style.left = `${(100 * Number(x.value)) / pageWidth}%`;
      seal.style.top = `${(100 * Number(y.value)) / pageHeight}%`;
    };
    const move = (toX, toY) => {
      const [width, height] = sealSize();
      x.value = rounded(Math.max(width / 2, within(toX, pageWidth - width / 2)));
      y.value = rounded(Math.max(height / 2, within(toY, pageHeight - height / 2)));
      draw();
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
    for (const field of [page, x, y, sealChoice]) field.addEventListener("input", draw);
    draw();
  }
})();
