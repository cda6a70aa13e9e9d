// A recording that is being compared: look again until the comparison is there, and then open it.

const panel = document.getElementById("comparing");

async function lookAgain() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const now = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("comparing");
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
