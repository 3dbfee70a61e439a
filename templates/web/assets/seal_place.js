// Seals on the page's picture: dragged, or moved by arrow keys. The number fields are the truth; this moves them.
// Where words stand, how an edge is sliced and what is wrong the server works out whenever something has changed.
"use strict";

(() => {
  const paper = document.getElementById("paper");
  if (!paper) return;
  const form = paper.closest("form");
  const shown = Number(paper.dataset.page);
  const pageWidth = Number(paper.dataset.width) / 1000;
  const pageHeight = Number(paper.dataset.height) / 1000;
  const deepestInset = 30;
  const pullToInset = 3;

  const within = (value, least, most) => Math.max(least, Math.min(value, most));
  const rounded = (value) => String(Math.round(value * 10) / 10);
  const isShown = (pages) =>
    pages.trim() === "all" ||
    pages.split(/[,，]/).some((part) => {
      const [first, last] = part.split("-").map((each) => each.trim());
      if (last === undefined) return Number(first) === shown;
      return Number(first) <= shown && (last === "" || shown <= Number(last));
    });

  // What pulling a seal by so many millimetres does to the fields of its place.   from: what they held before.
  const pulls = {
    page({ x, y }, from, dx, dy, size) {
      x.value = rounded(within(from.x + dx, size.width / 2, pageWidth - size.width / 2));
      y.value = rounded(within(from.y + dy, size.height / 2, pageHeight - size.height / 2));
      return [Number(x.value) - from.x, Number(y.value) - from.y];
    },
    keyword({ x, y }, from, dx, dy) {
      x.value = rounded(from.x + dx);
      y.value = rounded(from.y + dy);
      return [Number(x.value) - from.x, Number(y.value) - from.y];
    },
    straddle({ x, y, which }, from, dx, dy, size) {
      const top = which.value === "top";
      const inwards = which.value === "right" ? -1 : 1;
      const [length, half] = top ? [pageWidth, size.width / 2] : [pageHeight, size.height / 2];
      const along = Number.isNaN(from.y) ? size.along : from.y;
      y.value = rounded(within(along + (top ? dx : dy), half, length - half));
      x.value = rounded(within(from.x + inwards * (top ? dy : dx), 0, deepestInset));
      const [moved, inset] = [Number(y.value) - along, inwards * (Number(x.value) - from.x)];
      return top ? [moved, inset] : [inset, moved];
    },
  };
  pulls.pages = pulls.page;

  const placed = [...document.querySelectorAll("[data-place]")].map((place) => {
    const named = (name) => place.querySelector(`[name="place_${name}"]`);
    const group = place.closest("[data-seal]");
    return {
      kind: place.dataset.kind,
      fields: { page: named("page"), x: named("x"), y: named("y"), which: named("which") },
      choice: group.querySelector("select"),
      letter: paper.dataset.letter + (document.querySelectorAll("[data-seal]").length > 1 ? Number(group.dataset.seal) + 1 : ""),
      label: `${place.querySelector("legend").textContent}: ${paper.dataset.label}`,
      handles: [],
      held: false,
    };
  });

  const put = (handle) => {
    const { button, spot } = handle;
    button.style.width = `${(100 * spot.width) / pageWidth}%`;
    button.style.height = `${(100 * spot.height) / pageHeight}%`;
    button.style.left = `${(100 * spot.x) / pageWidth}%`;
    button.style.top = `${(100 * spot.y) / pageHeight}%`;
  };
  const held = ({ fields }) => ({ x: Number(fields.x.value), y: fields.y.value.trim() ? Number(fields.y.value) : NaN });

  // spot: what the picture shows of the seal, in millimetres, by its middle.   along: see ShownSpot.
  const addHandle = (place) => {
    const button = document.createElement("button");
    const handle = { button, spot: { x: 0, y: 0, width: 0, height: 0, along: 0 } };
    button.type = "button";
    button.className = place.kind === "straddle" ? "seal-outline seal-slice" : "seal-outline";
    button.textContent = place.kind === "straddle" ? "" : place.letter;
    button.setAttribute("aria-label", place.label);
    paper.append(button);
    place.handles.push(handle);

    const pull = (from, spots, dx, dy) => {
      const [movedX, movedY] = pulls[place.kind](place.fields, from, dx, dy, spots.get(handle));
      for (const [each, spot] of spots) {
        each.spot = { ...spot, x: spot.x + movedX, y: spot.y + movedY };
        put(each);
      }
      form.dispatchEvent(new Event("moved"));
      checkSoon();
    };
    const spots = () => new Map(place.handles.map((each) => [each, each.spot]));

    let grip = null;
    button.addEventListener("pointerdown", (event) => {
      grip = { x: event.clientX, y: event.clientY, from: held(place), spots: spots() };
      place.held = true;
      button.setPointerCapture(event.pointerId);
      button.focus();
      event.preventDefault();
    });
    button.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const box = paper.getBoundingClientRect();
      let dx = ((event.clientX - grip.x) / box.width) * pageWidth;
      let dy = ((event.clientY - grip.y) / box.height) * pageHeight;
      if (place.kind === "straddle") {
        // A hand that follows the edge does not keep to it: only a clear pull takes the seal off it.
        if (place.fields.which.value === "top") dy = Math.abs(dy) < pullToInset ? 0 : dy;
        else dx = Math.abs(dx) < pullToInset ? 0 : dx;
      }
      pull(grip.from, grip.spots, dx, dy);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      button.addEventListener(end, () => {
        grip = null;
        place.held = false;
        checkSoon();
      });
    }
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      pull(held(place), spots(), step[0] * far, step[1] * far);
    });
    return handle;
  };

  // A place on a page is where its fields say; no answer of the server is needed to show it.
  const keepOnPage = (place) => {
    const handle = addHandle(place);
    const draw = () => {
      const { page, x, y } = place.fields;
      const chosen = place.choice.selectedOptions[0];
      const [width, height] = chosen ? [chosen.dataset.width / 1000, chosen.dataset.height / 1000] : [40, 40];
      handle.button.hidden = !isShown(page.value);
      handle.spot = { x: Number(x.value), y: Number(y.value), width, height };
      put(handle);
    };
    for (const field of [place.fields.page, place.fields.x, place.fields.y, place.choice]) {
      field.addEventListener("input", draw);
    }
    draw();
  };
  const follow = (place, found) => {
    if (place.held) return;
    while (place.handles.length > found.length) place.handles.pop().button.remove();
    while (place.handles.length < found.length) addHandle(place);
    place.handles.forEach((handle, at) => {
      const { x, y, width, height, along } = found[at];
      handle.spot = { x: x + width / 2, y: y + height / 2, width, height, along };
      put(handle);
    });
  };

  const spots = document.getElementById("spots");
  const findings = document.getElementById("place-findings");
  const seen = document.getElementById("seen");

  const show = (found) => {
    if (found.page) {
      placed.forEach((place, at) => {
        if (place.kind === "keyword" || place.kind === "straddle") {
          follow(place, found.spots.filter((spot) => spot.place === at));
        }
      });
    }
    spots.replaceChildren(
      ...found.spots
        .filter((spot) => spot.kind === "code")
        .map((spot) => {
          const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
          box.setAttribute("class", "spot-code");
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

  for (const place of placed) {
    if (place.kind === "page" || place.kind === "pages") keepOnPage(place);
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
