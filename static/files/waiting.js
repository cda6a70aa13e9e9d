// A file that is being made: look again until it is there, and then open the page anew.

const panel = document.getElementById("making");

async function lookAgain() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const now = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("making");
  if (!now) location.reload();
  else {
    panel.replaceChildren(...now.children);
    lookLater();
  }
}

function lookLater() {
  setTimeout(() => lookAgain().catch(lookLater), Number(panel.dataset.everyMs));
}

lookLater();
