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

/** Show the form as it is now, where it asks something else by now. */
async function showAnew(form, person) {
  const fresh = await formWith(form, new FormData(form), person ? `show:${person}` : "show");
  if (!fresh || !form.isConnected || questionsOf(fresh) === questionsOf(form)) return;
  keepAnswers(form, fresh);
  keepFolds(form, fresh);
  replace(form, fresh);
  keepForStepBack(form);
}

/** Return the form as the server shows it with answers; a connection that fails leaves it to the next button. */
async function formWith(form, answers, step) {
  running?.abort();
  running = new AbortController();
  answers.set("step", step);
  try {
    const answer = await fetch(form.action, { method: "POST", body: answers, signal: running.signal });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("form[data-follows]");
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    return null;
  }
}

/** Keep what is typed with this step of the history: browsers bring back only forms that they read themselves. */
function keepForStepBack(form) {
  form.dataset.isKept = "";
  const answers = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  history.replaceState({ answers }, "");
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.matches("[data-is-kept]")) keepForStepBack(target.form);
});

async function bringBack(form, kept) {
  const answers = new FormData();
  for (const [name, value] of kept) answers.append(name, value);
  answers.set("csrf_token", form.elements.csrf_token.value);
  const fresh = await formWith(form, answers, "show");
  if (!fresh) return;
  replace(form, fresh);
  keepForStepBack(form);
}

/** What a form asks: where this is the same, nothing needs to be replaced. */
function questionsOf(form) {
  return [...form.querySelectorAll("input[id], select[id], textarea[id]")].map(({ id }) => id).join();
}

function replace(form, fresh) {
  const focus = document.activeElement;
  const { id, selectionStart: start, selectionEnd: end } = focus;
  const top = focus.getBoundingClientRect().top;
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

const form = document.querySelector("form[data-follows]");
if (form && history.state?.answers) bringBack(form, history.state.answers);
