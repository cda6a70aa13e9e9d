// Sending recordings: their size is checked before they travel, and the progress is shown. The form works without.

document.addEventListener("submit", (event) => {
  const form = event.target;
  const files = [...(form.elements.recording?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  const panel = document.getElementById("sending");
  const { limitBytes, tooLarge, tooLargeTogether } = panel.dataset;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > Number(limitBytes)) say(panel, files.length > 1 ? tooLargeTogether : tooLarge, true);
  else send(form, panel);
});

function send(form, panel) {
  const request = new XMLHttpRequest();
  const button = form.querySelector("button[type=submit]");
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  request.upload.addEventListener("progress", ({ loaded, total }) => showSent(panel, loaded / total));
  request.addEventListener("load", () => answer(request));
  request.addEventListener("error", () => {
    button.disabled = false;
    say(panel, panel.dataset.failed, true);
  });
  button.disabled = true;
  showSent(panel, 0);
  request.send(new FormData(form));
}

function showSent(panel, share) {
  const percent = Math.round(share * 100);
  panel.querySelector("progress").value = percent;
  say(panel, share < 1 ? panel.dataset.sending.replace("{0}", percent) : panel.dataset.comparing, false);
}

function say(panel, words, isProblem) {
  panel.hidden = false;
  panel.classList.toggle("is-problem", isProblem);
  panel.querySelector("progress").hidden = isProblem;
  panel.querySelector("p").textContent = words;
}

/** Go to the comparison, or show the page that says what is wrong with the file. */
function answer(request) {
  if (request.status === 201) {
    location.assign(request.getResponseHeader("Location"));
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  document.getElementById("recording")?.focus();
}
