// The board of a stage: cards are moved by dragging, by keys and by a menu; others' moves come in while one works.
// Without this the page does all of it, too, with boxes to tick and a button.

import { letDrag } from "./dragging.js";
import { draw, remember, tickedCards } from "./drawing.js";
import { menuOf } from "./menu.js";
import { ask, follow, NotOurs, seen } from "./talking.js";

const board = document.getElementById("board-live");
const columns = document.getElementById("columns");
const form = document.getElementById("board-form");
const said = document.getElementById("said");
const undoButton = said.querySelector(".undo");
const goal = document.getElementById("to");
const shown = document.getElementById("shown-column");
const words = board.dataset;
const undoable = [];
let isDragging = false;
let acts = 0;
let lastAct = Promise.resolve();

// What is said

function say(text, isProblem = false) {
  said.querySelector(".own").textContent = text;
  said.classList.toggle("is-problem", isProblem);
  undoButton.hidden = isProblem || !undoable.length;
}

function tell(deeds) {
  if (deeds.length) said.querySelector(".others").textContent = deeds.join(" ");
}

function told(text, what) {
  return text.replace("{0}", what);
}

// Acts: one after the other, each with what the page has seen

function act(address, fields, { before = () => {}, after = () => {} } = {}) {
  acts += 1;
  lastAct = lastAct.then(async () => {
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    for (const [name, value] of [...fields, ...Object.entries(seen(board))]) body.append(name, value);
    try {
      const answer = await ask(address, body);
      before();
      show(answer);
      if (answer.words) say(answer.words, answer.refused);
      after(answer);
    } catch (error) {
      before();
      say(error instanceof NotOurs ? words.signedOut : words.offline, true);
    } finally {
      acts -= 1;
    }
  });
  return lastAct;
}

function move(cards, to, { putBack, focus } = {}) {
  const people = cards.map((card) => ["people", card.querySelector("input").value]);
  return act(words.move, [...people, ["to", to === "0" ? "out" : to]], {
    before: putBack,
    after(answer) {
      if (answer.refused) return;
      undoable.push(answer.moved);
      say(answer.words);
      untick(cards);
      if (focus) cardOf(focus)?.querySelector("input").focus();
    },
  });
}

function undo() {
  const last = undoable.pop();
  if (!last) return;
  act(words.undo, [["moved", last]], { after: ({ refused, words: text }) => say(text, refused) });
}

function lock(button) {
  const card = button.closest(".person")?.dataset.person;
  act(words.lock, [[button.name, button.value]], {
    after: () => card && cardOf(card)?.querySelector("input").focus(),
  });
}

function untick(cards) {
  for (const { dataset } of cards) {
    const box = cardOf(dataset.person)?.querySelector("input");
    if (box) box.checked = false;
  }
}

// What is shown

function show(answer) {
  if (answer.is_too_large) return location.reload();
  const focused = document.activeElement.closest?.(".person");
  const control = focused && (document.activeElement.matches("input") ? "input" : `.${document.activeElement.classList[1]}`);
  const come = draw(columns, answer);
  if (focused && !focused.isConnected) cardOf(focused.dataset.person)?.querySelector(control)?.focus();
  board.dataset.version = answer.version;
  document.querySelector(".list-head .count").textContent = answer.count;
  tell(answer.said);
  if (!answer.columns.length) return;
  for (const card of come) card.classList.add("has-come");
  setTimeout(() => come.forEach((card) => card.classList.remove("has-come")), 2500);
  makeLive(answer.columns.map(({ id }) => columns.querySelector(`#column-${id}`)).filter(Boolean));
}

function makeLive(changed) {
  for (const column of changed) {
    const list = column.querySelector(".people");
    if (!Sortable.get(list)) letDrag(list, { start, drop, together: (count) => told(words.together, count) });
    keepOneStop(column);
  }
  offerGoals();
}

/** Tab goes from column to column; within one, arrows go from card to card. */
function keepOneStop(column, current = column.querySelector(".person [tabindex='0']")?.closest(".person")) {
  const stop = current ?? column.querySelector(".person");
  for (const control of column.querySelectorAll(".person :is(input, button)")) {
    const index = control.closest(".person") === stop ? 0 : -1;
    if (control.tabIndex !== index || !control.hasAttribute("tabindex")) control.tabIndex = index;
  }
}

function offerGoals() {
  const all = [...columns.children].map(goalOf);
  const options = all.map(({ to, name, places }) => (to === "0" ? new Option(words.out, "out") : new Option(`${name}: ${places}`, to)));
  const [chosen, looked] = [goal.value, shown.value];
  goal.replaceChildren(new Option(words.choose, ""), ...options);
  goal.value = chosen;
  shown.replaceChildren(...all.map(({ to, name, size }) => new Option(`${name} (${size})`, to)));
  shown.value = looked || "0";
}

function goalOf(column) {
  const { name, number, places } = column.querySelector(".group-head").dataset;
  const size = column.querySelectorAll(".person").length;
  return { to: column.dataset.id, name, number, places, size };
}

function cardOf(person) {
  return columns.querySelector(`.person[data-person="${person}"]`);
}

// Dragging

function start(card) {
  isDragging = true;
  return goingAlong(card);
}

function drop(cards, to, putBack) {
  isDragging = false;
  if (cards.length) move(cards, to, { putBack });
}

/** A ticked card takes along all others that are ticked. */
function goingAlong(card) {
  const ticked = tickedCards(columns);
  return ticked.includes(card) ? ticked : [card];
}

// The menu

const menu = menuOf(document.getElementById("move-menu"), {
  goals(cards) {
    const from = new Set(cards.map((card) => card.parentElement.dataset.group));
    return [...columns.children].map(goalOf).map((one) => ({
      ...one,
      name: one.to === "0" ? words.out : one.name,
      isOpen: !(from.size === 1 && from.has(one.to)),
    }));
  },
  choose: (cards, to) => move(cards, to, { focus: nextTo(cards[0])?.dataset.person }),
});

function openMenu(card) {
  const cards = goingAlong(card);
  const name = card.querySelector(".name").textContent;
  menu.open(cards.length > 1 ? told(words.moveMany, cards.length) : told(words.moveOne, name), cards);
}

function nextTo(card) {
  return card.nextElementSibling ?? card.previousElementSibling;
}

// Keys

columns.addEventListener("keydown", (event) => {
  const card = event.target.closest(".person");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const isBox = event.target.matches("input");
  const act = keyOf(event, isBox);
  if (!act) return;
  event.preventDefault();
  act(card);
});

function keyOf({ code, shiftKey }, isBox) {
  if (shiftKey) return { ArrowLeft: (card) => moveAside(card, -1), ArrowRight: (card) => moveAside(card, 1) }[code];
  const keys = {
    ArrowDown: (card) => goTo(card.nextElementSibling),
    ArrowUp: (card) => goTo(card.previousElementSibling),
    ArrowLeft: (card) => goAside(card, -1),
    ArrowRight: (card) => goAside(card, 1),
    Home: (card) => goTo(card.parentElement.firstElementChild),
    End: (card) => goTo(card.parentElement.lastElementChild),
    KeyM: openMenu,
    KeyL: (card) => card.querySelector(".lock")?.click(),
  };
  return keys[code] ?? (isBox && code === "Enter" ? openMenu : undefined);
}

function goTo(card) {
  if (!card) return;
  card.querySelector("input").focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function goAside(card, step) {
  const place = [...card.parentElement.children].indexOf(card);
  let column = card.closest(".column");
  do column = step > 0 ? column.nextElementSibling : column.previousElementSibling;
  while (column && !column.querySelector(".person"));
  const cards = column?.querySelectorAll(".person") ?? [];
  goTo(cards[Math.min(place, cards.length - 1)]);
}

function moveAside(card, step) {
  const column = card.closest(".column");
  const to = step > 0 ? column.nextElementSibling : column.previousElementSibling;
  if (to) move([card], to.dataset.id, { focus: card.dataset.person });
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (event.code !== "KeyZ" || !(event.ctrlKey || event.metaKey) || event.shiftKey || isTyping) return;
  event.preventDefault();
  undo();
});

// Pointers

columns.addEventListener("focusin", ({ target }) => {
  const card = target.closest(".person");
  if (card) keepOneStop(card.closest(".column"), card);
});

columns.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".open-menu")) openMenu(button.closest(".person"));
  if (!button?.matches(".lock")) return;
  event.preventDefault();
  lock(button);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const cards = tickedCards(columns);
  if (!cards.length) return say(words.nobody, true);
  if (!goal.value) return goal.focus();
  move(cards, goal.value).then(() => (goal.value = ""));
});

undoButton.addEventListener("click", undo);
shown.addEventListener("change", () => columns.querySelector(`#column-${shown.value}`)?.scrollIntoView({ block: "nearest", inline: "start" }));
columns.addEventListener("scrollend", () => {
  const middle = columns.getBoundingClientRect().left + columns.clientWidth / 2;
  const column = [...columns.children].find((one) => one.getBoundingClientRect().right > middle);
  if (column) shown.value = column.dataset.id;
});

remember(columns);
makeLive(columns.children);
board.classList.add("is-live");
document.querySelectorAll(".with-script").forEach((element) => (element.hidden = false));
follow(board, {
  isBusy: () => isDragging || acts > 0,
  show,
  lost: () => say(words.signedOut, true),
});
