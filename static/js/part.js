// A part of a page that takes long to count comes from a page of its own, after everything else is there.

const place = document.querySelector("[data-from]");

async function fill() {
  const response = await fetch(place.dataset.from, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  place.replaceChildren(...(page.getElementById(place.id)?.children ?? []));
}

place.firstElementChild.hidden = false;
fill().catch(() => place.replaceChildren());
