// Something that is done in the background: look again until it is done, and then open the page anew.

const panel = document.querySelector("[data-every-ms]");

async function lookAgain() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const now = page.getElementById(panel.id);
  if (!now?.dataset.everyMs) location.reload();
  else {
    panel.replaceChildren(...now.children);
    lookLater();
  }
}

function lookLater() {
  setTimeout(() => lookAgain().catch(lookLater), Number(panel.dataset.everyMs));
}

lookLater();
