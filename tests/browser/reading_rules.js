// Returns what breaks a rule of ours that axe has not, a sentence each.
() => {
  const found = [];
  if (!["zh-CN", "en"].includes(document.documentElement.lang)) found.push("no language: " + document.documentElement.lang);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one main heading");
  for (const table of document.querySelectorAll("table"))
    if (!table.querySelector("th[scope]")) found.push("a table without headings");
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  return found;
}
