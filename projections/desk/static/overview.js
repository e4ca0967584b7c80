// Fetches the live part of the first page again and again, while somebody looks at it.
"use strict";

const PAUSE_MS = 700;
const LONGEST_MS = 10000;
const place = document.getElementById("live");
const address = "/live" + location.search;
let tag = "";
let failures = 0;

async function refresh() {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (answer.status === 200) {
    place.innerHTML = await answer.text();
    tag = answer.headers.get("ETag") || "";
  } else if (answer.status !== 304) {
    throw new Error(answer.statusText);
  }
}

async function follow() {
  if (!document.hidden) {
    try {
      await refresh();
      failures = 0;
    } catch {
      failures += 1;
    }
    place.classList.toggle("away", failures > 1);
  }
  setTimeout(follow, Math.min(LONGEST_MS, PAUSE_MS * 2 ** failures));
}

setTimeout(follow, PAUSE_MS);
