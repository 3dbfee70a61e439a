// Lays the scan over the issued page and lets a slider part them; shows which place of the list lies where. Without
// this script the two pictures stand side by side and the places are listed.
"use strict";

(() => {
  const numbers = (text) => text.split(" ").map(Number);

  // The inverse of a 3 × 3 matrix given row by row, up to a factor.
  const inverse = ([a, b, c, d, e, f, g, h, i]) => [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];

  for (const box of document.querySelectorAll("[data-compare]")) {
    const stage = box.querySelector(".slider-stage");
    const over = box.querySelector(".slider-over");
    const scan = over.querySelector("img");
    const range = box.querySelector("input");
    const [pageWidth, pageHeight] = numbers(box.dataset.page);
    const [scanWidth, scanHeight] = numbers(box.dataset.scan);
    const back = inverse(numbers(box.dataset.pose));

    const lay = () => {
      const scale = stage.clientWidth / pageWidth; // pixels of the screen a micrometre
      const m = back.map((value) => value / back[8]);
      stage.style.height = `${pageHeight * scale}px`;
      scan.style.width = `${scanWidth * scale}px`;
      scan.style.height = `${scanHeight * scale}px`;
      scan.style.transform = `matrix3d(${[
        m[0], m[3], 0, m[6] / scale, m[1], m[4], 0, m[7] / scale, 0, 0, 1, 0, m[2] * scale, m[5] * scale, 0, 1,
      ].join(",")})`;
    };
    const part = () => (over.style.clipPath = `inset(0 0 0 ${range.value}%)`);

    box.hidden = false;
    lay();
    part();
    range.addEventListener("input", part);
    new ResizeObserver(lay).observe(box);
  }

  const light = (place, on) => {
    for (const rect of document.querySelectorAll(`rect[data-place="${place}"]`)) rect.classList.toggle("pointed", on);
  };
  for (const entry of document.querySelectorAll("[data-compare-places] > li")) {
    entry.tabIndex = 0;
    for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
      entry.addEventListener(event, () => light(entry.dataset.place, on));
    }
  }
})();
