// Shows what became of a form that was sent here: the card, as soon as it is there.
"use strict";
document.addEventListener("leadlog:sent", (event) => look(event.detail.submission_id, 60));

async function look(submission, times) {
  const answer = await fetch(`/shop/card/${submission}`).catch(() => null);
  if (answer && answer.ok) {
    show(await answer.json());
  } else if (times) {
    setTimeout(look, 500, submission, times - 1);
  }
}

function show(card) {
  const place = document.getElementById("card");
  document.getElementById("story").hidden = true;
  place.querySelector(".who").textContent = card.name;
  place.querySelector("ul").replaceChildren(...card.lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
  place.querySelector(".open").href = card.href;
  place.hidden = false;
}
