// Letters to many on their way: look again until all have left, and then open the page anew.

const panel = document.getElementById("progress");

async function lookAgain() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const now = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("progress");
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
