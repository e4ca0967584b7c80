// Finds while somebody types, and tells times as the clock on the wall does.
"use strict";

const PAUSE_MS = 180;
const place = document.getElementById("found");
const box = document.getElementById("query");
let asked = 0;
let timer = 0;

function localise(root) {
  const shape = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  for (const one of root.querySelectorAll("time[datetime]")) {
    const time = new Date(one.dateTime);
    const year = time.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
    if (!Number.isNaN(time.getTime())) {
      one.textContent = time.toLocaleString(document.documentElement.lang, { ...shape, ...year });
    }
  }
}

async function find() {
  const number = ++asked;
  const query = new URLSearchParams({ query: box.value });
  const answer = await fetch(`/cards/part?${query}`, { cache: "no-store" });
  if (number === asked && answer.ok && !answer.redirected) {
    place.innerHTML = await answer.text();
    localise(place);
    history.replaceState(null, "", box.value ? `/cards?${query}` : "/cards");
  }
}

if (box) {
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => find().catch(() => {}), PAUSE_MS);
  });
}
localise(document);
