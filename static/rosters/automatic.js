// A roster that is being computed: ask every second how far it is, and open the page anew when it is done.

const panel = document.getElementById("computing");
const bar = panel.querySelector("progress");
const state = () => document.querySelector(".computing-acts").dataset.state;

async function askAgain() {
  const response = await fetch(panel.dataset.address);
  if (!response.ok) throw new Error(response.statusText);
  const now = await response.json();
  if (!now.under_way || now.state !== state()) location.reload();
  else {
    show(now);
    askLater();
  }
}

function show(now) {
  for (const place of panel.querySelectorAll("[data-word]")) {
    const word = now[place.dataset.word];
    if (place.textContent !== word) place.textContent = word;
  }
  bar.value = now.seconds;
  panel.querySelector(".silent").hidden = !now.is_silent;
}

function askLater() {
  setTimeout(() => askAgain().catch(askLater), Number(panel.dataset.everyMs));
}

askLater();
