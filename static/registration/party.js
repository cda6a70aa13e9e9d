// Questions that another answer brings or takes away are shown at once. Without this, a button shows them.

const AFTER_MS = 250; // several stages are mostly ticked one after the other
const ASKS_MORE = /^(people-(\d+)-)?(category|birth_date|stages)$/;
let waiting;
let running;

document.addEventListener("change", ({ target }) => {
  if (!target.form?.matches("[data-follows]") || !ASKS_MORE.test(target.name)) return;
  if (target.type === "date" && target === document.activeElement) {
    // A date is typed in pieces, each of them a change.
    target.addEventListener("blur", () => follow(target), { once: true });
  } else follow(target);
});

function follow(field) {
  const { form, name } = field;
  clearTimeout(waiting);
  waiting = setTimeout(() => showAnew(form, ASKS_MORE.exec(name)[2]), AFTER_MS);
}

/** Let the server show the form as it is now; a connection that fails leaves it to the next button. */
async function showAnew(form, person) {
  running?.abort();
  running = new AbortController();
  const answers = new FormData(form);
  answers.set("step", person ? `show:${person}` : "show");
  try {
    const answer = await fetch(form.action, { method: "POST", body: answers, signal: running.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-follows]");
    if (fresh && form.isConnected && questionsOf(fresh) !== questionsOf(form)) replace(form, fresh);
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
  }
}

/** What a form asks: where this is the same, nothing needs to be replaced. */
function questionsOf(form) {
  return [...form.querySelectorAll("input[id], select[id], textarea[id]")].map(({ id }) => id).join();
}

function replace(form, fresh) {
  const focus = document.activeElement;
  const { id, selectionStart: start, selectionEnd: end } = focus;
  const top = focus.getBoundingClientRect().top;
  keepAnswers(form, fresh);
  keepFolds(form, fresh);
  form.replaceChildren(...fresh.childNodes);
  const again = form.contains(focus) || !id ? null : document.getElementById(id);
  if (again) {
    again.focus({ preventScroll: true });
    if (start != null) again.setSelectionRange(start, end);
    scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
  }
  const said = form.querySelector("[data-words]");
  said.textContent = said.dataset.words;
}

/** Write into the new form what was typed while it was on its way. */
function keepAnswers(form, fresh) {
  for (const field of form.querySelectorAll("input[id], select[id], textarea[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (!twin) continue;
    if (field.type === "checkbox" || field.type === "radio") twin.checked = field.checked;
    else twin.value = field.value;
  }
}

/** Fold and unfold the new form as the old one is. */
function keepFolds(form, fresh) {
  for (const fold of fresh.querySelectorAll("details")) {
    const twin = form.querySelector(`#${CSS.escape(fold.querySelector("[id]").id)}`)?.closest("details");
    if (twin) fold.open = twin.open;
  }
}
