// What the board asks the server: every act is a small form, answered with the columns that look different now.

export class NotOurs extends Error {} // signed out, or a page that explains why not

export async function ask(address, fields) {
  const answer = await fetch(address, fields ? { method: "POST", body: fields } : {});
  if (answer.status === 204) return null;
  if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) throw new NotOurs();
  return answer.json();
}

/** What the page shows, for the server to answer only what differs. */
export function seen(board) {
  const columns = [...board.querySelectorAll(".column")];
  return {
    since: board.dataset.version,
    seen: columns.map(({ dataset }) => `${dataset.id}.${dataset.digest}`).join(","),
  };
}

/** Look every few seconds while the page is looked at; now and then look at all of it, whatever the events say. */
export function follow(board, { isBusy, show, lost }) {
  const everyMs = Number(board.dataset.everyMs);
  let looks = 0;
  let timer;

  async function look() {
    clearTimeout(timer);
    if (!document.hidden && !isBusy()) {
      const asked = new URLSearchParams(seen(board));
      if (++looks % 10 === 0) asked.set("full", "1");
      try {
        const answer = await ask(`${board.dataset.follow}?${asked}`);
        if (answer && !isBusy()) show(answer);
      } catch (error) {
        if (error instanceof NotOurs) return lost(error);
      }
    }
    timer = setTimeout(look, everyMs);
  }

  document.addEventListener("visibilitychange", () => document.hidden || look());
  timer = setTimeout(look, everyMs);
}
