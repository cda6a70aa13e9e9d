// The coordinator's board of roll calls: asks cheaply whether something changed, and only then draws anew.

const EVERY_MS = 5000;
const board = () => document.getElementById("roll-board");

async function look() {
  if (document.hidden) return;
  const { changes, version } = board().dataset;
  const answer = await fetch(changes, { headers: { "If-None-Match": `"${version}"` }, cache: "no-store", redirect: "manual" });
  if (answer.status !== 200) return;
  const page = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("roll-board");
  if (fresh) board().replaceWith(document.adoptNode(fresh));
}

setInterval(() => look().catch(() => {}), EVERY_MS);
