// What each key has used of its limits, once a second.
"use strict";

const meters = document.querySelector("[data-meters]");
const said = document.querySelector("[data-meters-said]");
const spent = new Set();

const show = (svg, gauge) => {
  const share = Math.min(gauge.used / gauge.most, 1);
  const used = Math.round(gauge.used);
  svg.setAttribute("aria-valuenow", gauge.used);
  svg.setAttribute("aria-valuemax", gauge.most);
  svg.setAttribute("aria-valuetext", `${used} of ${gauge.most} used`);
  svg.dataset.level = share >= 0.999 ? 2 : share >= 0.75 ? 1 : 0;
  svg.querySelector(".fill").setAttribute("width", `${(share * 100).toFixed(2)}%`);
  const box = svg.closest(".gauge");
  box.querySelector("[data-used]").textContent = used;
  box.querySelector("[data-most]").textContent = gauge.most;
  return share;
};

if (meters) repeat(async () => {
  const answer = await fetch(meters.dataset.meters);
  if (!answer.ok) throw new Error(String(answer.status));
  for (const key of (await answer.json()).data) {
    const card = meters.querySelector(`[data-key-id="${CSS.escape(key.id)}"]`);
    if (!card) continue;
    const shares = ["sustained", "window"].map((name) => show(card.querySelector(`[data-gauge=${name}] svg`), key[name]));
    const full = Math.max(...shares) >= 0.999;
    // Screen readers are told of what matters alone: a key that has nothing left.
    if (full && !spent.has(key.id)) { spent.add(key.id); said.textContent = `${card.querySelector("h2 bdi").textContent} has no request left.`; }
    if (!full) spent.delete(key.id);
  }
}, 1);
