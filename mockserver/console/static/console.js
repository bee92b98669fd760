// What every page gains by scripts: copying, keyboard shortcuts, parts that keep themselves up to date. All pages work without.
"use strict";

// A secret is shown once: neither a restored page nor the way back may show it again.
addEventListener("pagehide", () => document.querySelectorAll("[data-once]").forEach((part) => part.remove()));
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = "Press Ctrl-C";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// One disclosure at a time, closed by Escape or by a click elsewhere.
const opened = () => document.querySelectorAll("details.sure[open]");
addEventListener("click", (event) => opened().forEach((one) => { if (!one.contains(event.target)) one.open = false; }));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  opened().forEach((one) => { one.open = false; one.querySelector("summary").focus(); });
});

// g and a letter go to a page, / to the search, ? to the list of all that.
const places = new Map([...document.querySelectorAll("nav a[data-key]")].map((link) => [link.dataset.key, link]));
const dialog = document.getElementById("shortcuts");
const list = dialog.querySelector("dl");
const describe = (keys, what) => {
  const term = list.appendChild(document.createElement("dt"));
  for (const key of keys) { term.appendChild(document.createElement("kbd")).textContent = key; term.append(" "); }
  list.appendChild(document.createElement("dd")).textContent = what;
};
places.forEach((link, key) => describe(["g", key], link.firstChild.textContent));
describe(["/"], "Search");
describe(["Esc"], "Close what is open");
const help = document.querySelector("[data-help]");
help.hidden = false;
help.addEventListener("click", () => dialog.showModal());

let going = 0;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.closest("input, select, textarea")) return;
  const search = document.querySelector("[data-search]");
  if (event.key === "?") dialog.showModal();
  else if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
  else if (event.key === "g") going = event.timeStamp;
  else if (event.timeStamp - going < 1500 && places.has(event.key)) { event.preventDefault(); places.get(event.key).click(); }
});

// Repeats a task while the page is looked at; a task that fails is tried again later.
const repeat = (task, seconds) => {
  const again = async () => {
    let wait = seconds;
    if (!document.hidden) { try { await task(); } catch { wait = Math.max(5, seconds * 3); } }
    setTimeout(again, wait * 1000);
  };
  setTimeout(again, seconds * 1000);
};

// State that the server renders anew. They stay as they are while somebody is in them.
for (const part of document.querySelectorAll("[data-live]")) {
  let shown = null;
  repeat(async () => {
    const answer = await fetch(part.dataset.live);
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (text === shown || part.contains(document.activeElement)) return;
    shown = text;
    part.innerHTML = text;
  }, 1);
}

// A clock that runs.
for (const clock of document.querySelectorAll("[data-clock]:not([data-frozen])")) {
  const ahead = Number(clock.dataset.clock) * 1000 - Date.now();
  const time = clock.querySelector("time");
  setInterval(() => {
    const text = new Date(Date.now() + ahead).toISOString();
    time.dateTime = text;
    time.textContent = text.slice(0, 10) + " " + text.slice(11, 19);
  }, 250);
}
