// Parts of a page that take long to count come from a page of their own, after everything else is there.

const places = [...document.querySelectorAll("[data-from]")];

async function fill() {
  const response = await fetch(places[0].dataset.from, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const place of places) {
    place.replaceChildren(...(page.getElementById(place.id)?.children ?? []));
    const none = document.getElementById(place.dataset.ifNone);
    if (none) none.hidden = place.children.length > 0;
  }
}

for (const place of places) place.firstElementChild?.removeAttribute("hidden");
fill().catch(() => places.forEach((place) => place.replaceChildren()));
