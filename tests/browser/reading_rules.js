// Returns what breaks a basic rule for reading, a sentence each.
() => {
  const found = [];
  const name = (node) => node.outerHTML.slice(0, 120);
  const shown = (node) => node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
  if (!["zh-CN", "en"].includes(document.documentElement.lang)) found.push("no language: " + document.documentElement.lang);
  if (!document.title.trim()) found.push("no title");
  if (document.querySelectorAll("main").length !== 1) found.push("not one main part");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one main heading");
  let level = 1;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) found.push("a heading skips a level: " + name(heading));
    level = own;
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const labelled = (field.labels && field.labels.length) || field.getAttribute("aria-label");
    if (!labelled) found.push("no label: " + name(field));
    for (const id of (field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean))
      if (!document.getElementById(id)) found.push("described by nothing: " + name(field));
  }
  for (const node of document.querySelectorAll("a[href], button"))
    if (shown(node) && !(node.textContent.trim() || node.getAttribute("aria-label") || node.querySelector("img[alt]:not([alt=''])")))
      found.push("says nothing: " + name(node));
  for (const picture of document.querySelectorAll("img"))
    if (!picture.hasAttribute("alt")) found.push("no words for a picture: " + name(picture));
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push("an id twice: " + id);
  for (const table of document.querySelectorAll("table"))
    if (!table.querySelector("th[scope]")) found.push("a table without headings");

  const parsed = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parsed(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
      if (colour[3] > 0) return null;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(node) || node.closest("[disabled], .visually-hidden, option")) continue;
    const style = getComputedStyle(node), ground = behind(node);
    if (!ground) continue;
    const [one, other] = [light(parsed(style.color)), light(ground)];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (contrast < least) found.push(`contrast ${contrast.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 40)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  return [...new Set(found)];
}
