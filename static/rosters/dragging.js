// Cards are dragged between columns with SortableJS: one, or all that are ticked.

/** Let cards of a column be dragged. `start(card)` returns all cards that go along, `drop(cards, to)` moves them. */
export function letDrag(list, { start, drop, together }) {
  let going = [];
  let next = null;

  return Sortable.create(list, {
    group: { name: "people", put: (to) => !isLocked(to.el.closest(".column")) },
    sort: false,
    draggable: ".person",
    filter: (event, card) => Boolean(event.target.closest("input, button, a")) || staysWhereItIs(card),
    preventOnFilter: false,
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 6,
    delay: 250,
    delayOnTouchOnly: true,
    touchStartThreshold: 8,
    scrollSensitivity: 72,
    scrollSpeed: 16,
    bubbleScroll: true,
    onStart({ item }) {
      next = item.nextElementSibling;
      going = start(item);
      for (const card of going) card.classList.toggle("is-going", card !== item);
      if (Sortable.ghost && going.length > 1) Sortable.ghost.dataset.together = together(going.length);
    },
    onEnd({ item, from, to }) {
      swallowClick();
      for (const card of going) card.classList.remove("is-going");
      const putBack = () => item.parentElement === to && from.insertBefore(item, next?.parentElement === from ? next : null);
      drop(to === from ? [] : going, to.dataset.group, putBack);
    },
  });
}

function staysWhereItIs(card) {
  return !card || card.classList.contains("is-locked") || isLocked(card.closest(".column"));
}

function isLocked(column) {
  return Boolean(column.querySelector("[data-locked]"));
}

/** The click that ends a drag must not tick the card. */
function swallowClick() {
  const swallow = (event) => event.preventDefault();
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }));
}
