// Choose a group for a card, or for all that are ticked: arrows, the number of a group, or a click.

const TYPING_MS = 800;

export function menuOf(dialog, { goals, choose }) {
  const list = dialog.appendChild(document.createElement("ul"));
  let people = [];
  let typed = "";
  let typedAt = 0;

  function open(title, cards) {
    people = cards;
    dialog.querySelector("h2").textContent = title;
    list.replaceChildren(...goals(cards).map(choice));
    dialog.showModal();
    choices()[0]?.focus();
  }

  function choice({ to, name, number, places, isOpen }) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.disabled = !isOpen;
    Object.assign(button.dataset, { to, number: number ?? "" });
    button.append(span(name, "goal"), " ", span(places ?? "", "places"));
    item.append(button);
    return item;
  }

  function choices() {
    return [...list.querySelectorAll("button:enabled")];
  }

  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    dialog.close();
    choose(people, button.dataset.to);
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const all = choices();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      all.at((all.indexOf(document.activeElement) + step) % all.length)?.focus();
      event.preventDefault();
    } else if (/^\d$/.test(event.key)) {
      typed = event.timeStamp - typedAt < TYPING_MS ? typed + event.key : event.key;
      typedAt = event.timeStamp;
      (all.find(({ dataset }) => dataset.number === typed) ?? all.find(({ dataset }) => dataset.number.startsWith(typed)))?.focus();
    }
  });

  return { open };
}

function span(text, name) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
