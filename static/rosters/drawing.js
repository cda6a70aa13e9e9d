// Draw what the server answered into the columns; cards that look as before stay the same elements, with their
// tick, focus and place on the screen.

const drawn = new WeakMap(); // element → the HTML that it was made of

export function remember(columns) {
  for (const element of columns.querySelectorAll(".group-head, .person")) drawn.set(element, element.outerHTML);
}

/** Draw the columns of an answer, in its order, and return the cards that are new where they are. */
export function draw(columns, { columns: changed, order }) {
  const before = new Map([...columns.querySelectorAll(".person")].map((card) => [card.dataset.person, placeOf(card)]));
  const ticked = new Set(tickedCards(columns).map((card) => card.dataset.person));
  for (const { id, digest, html } of changed) drawColumn(columns, id, digest, html);
  arrange(columns, order);
  const cards = [...columns.querySelectorAll(".person")];
  for (const card of cards) card.querySelector("input").checked = ticked.has(card.dataset.person);
  return cards.filter((card) => before.get(card.dataset.person) !== placeOf(card));
}

export function tickedCards(columns) {
  return [...columns.querySelectorAll(".person:has(input:checked)")];
}

function placeOf(card) {
  return card.parentElement.dataset.group;
}

function drawColumn(columns, id, digest, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  remember(fresh.content);
  const column = columns.querySelector(`#column-${id}`) ?? newColumn(columns, id);
  column.dataset.digest = digest;
  const list = column.querySelector(".people");
  if (!list) return column.replaceChildren(fresh.content);
  const head = column.querySelector(".group-head");
  const newHead = fresh.content.querySelector(".group-head");
  if (drawn.get(head) !== drawn.get(newHead)) head.replaceWith(newHead);
  drawCards(list, [...fresh.content.querySelectorAll(".person")]);
}

function newColumn(columns, id) {
  const column = document.createElement("section");
  column.className = "column";
  column.id = `column-${id}`;
  column.dataset.id = id;
  column.setAttribute("aria-labelledby", `column-name-${id}`);
  columns.append(column);
  return column;
}

function drawCards(list, fresh) {
  const old = new Map([...list.children].map((card) => [card.dataset.person, card]));
  const cards = fresh.map((card) => {
    const same = old.get(card.dataset.person);
    return same && drawn.get(same) === drawn.get(card) ? same : card;
  });
  const kept = new Set(cards);
  for (const card of [...list.children]) if (!kept.has(card)) card.remove();
  cards.forEach((card, place) => {
    if (list.children[place] !== card) list.insertBefore(card, list.children[place] ?? null);
  });
}

function arrange(columns, order) {
  const wanted = order.map((id) => columns.querySelector(`#column-${id}`)).filter(Boolean);
  for (const column of [...columns.children]) if (!wanted.includes(column)) column.remove();
  wanted.forEach((column, place) => {
    if (columns.children[place] !== column) columns.insertBefore(column, columns.children[place] ?? null);
  });
}
