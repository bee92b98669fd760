// New requests come in at the top as they are answered.
"use strict";

const log = document.querySelector("[data-log]");
const rows = log.querySelector(".log");
const pause = document.querySelector("[data-pause]");
const spoken = document.querySelector("[data-log-said]");
const MOST = 200;
let newest = log.dataset.newest;
let paused = false;

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", paused);
  pause.querySelector("[data-pause-said]").textContent = paused ? "Paused" : "Live";
});

repeat(async () => {
  if (paused) return;
  const url = new URL(log.dataset.log, location.href);
  url.searchParams.set("after", newest);
  url.searchParams.set("wait", "1");
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (paused) return;
  newest = answer.headers.get("X-Newest");
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  const entries = [...fresh.content.querySelectorAll(".entry")];
  if (!entries.length) return;
  entries.forEach((entry) => entry.classList.add("new"));
  rows.prepend(...entries);
  while (rows.children.length > MOST) rows.lastElementChild.remove();
  log.querySelector(".empty").hidden = true;
  const last = entries[0].querySelector("a").textContent.replace(/\s+/g, " ").trim();
  spoken.textContent = `${entries.length} new: ${last}`;
}, 0.15);
