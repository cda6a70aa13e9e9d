// Sending a list: its size is checked before it travels, and the progress is shown. The forms work without.

document.addEventListener("submit", (event) => {
  const form = event.target;
  sayWorking(event.submitter);
  const file = form.elements.file?.files[0];
  if (!file) return;
  event.preventDefault();
  const panel = form.querySelector(".sending");
  if (file.size > Number(panel.dataset.limitBytes)) say(panel, panel.dataset.tooLarge, true);
  else send(form, panel);
});

/** Let the button that was pressed say what goes on, until the page is left or come back to. */
function sayWorking(button) {
  if (!button?.dataset.working) return;
  const words = button.textContent;
  button.textContent = button.dataset.working;
  addEventListener("pageshow", () => (button.textContent = words), { once: true });
}

function send(form, panel) {
  const request = new XMLHttpRequest();
  const button = form.querySelector(".submit-bar button");
  const answers = new FormData(form);
  answers.set("step", "read");
  request.open("POST", form.action);
  request.upload.addEventListener("progress", ({ loaded, total }) => showSent(panel, loaded / total));
  const fail = () => {
    button.disabled = false;
    say(panel, panel.dataset.failed, true);
  };
  request.addEventListener("load", () => show(request.responseText) || fail());
  request.addEventListener("error", fail);
  button.disabled = true;
  showSent(panel, 0);
  request.send(answers);
}

function showSent(panel, share) {
  const percent = Math.round(share * 100);
  panel.querySelector("progress").value = percent;
  say(panel, share < 1 ? panel.dataset.sending.replace("{0}", percent) : panel.dataset.reading, false);
}

function say(panel, words, isProblem) {
  panel.hidden = false;
  panel.classList.toggle("is-problem", isProblem);
  panel.querySelector("progress").hidden = isProblem;
  panel.querySelector("p").textContent = words;
}

/** Show the list that was read, or why it was not; return whether that is what came back. */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return false;
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  scrollTo(0, 0);
  main.focus();
  return true;
}
