// Marks that were made and not yet answered: kept on the phone, sent when there is a signal, each once.

const PLACE = "roll-call-outbox";

export function read() {
  try { return JSON.parse(localStorage.getItem(PLACE)) || []; } catch { return []; }
}

function write(entries) {
  localStorage.setItem(PLACE, JSON.stringify(entries));
}

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function add(entry) {
  write([...read(), entry]);
}

export function waiting(account) {
  return read().filter((entry) => entry.account === account);
}

// Each entry goes to the address of its own roll. Only what was answered is dropped: what failed stays.
export async function send(account, token) {
  const answers = [];
  for (const [url, entries] of Map.groupBy ? Map.groupBy(waiting(account), (entry) => entry.url) : grouped(waiting(account))) {
    const sent = entries.slice(0, 100);
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
      body: JSON.stringify({ marks: sent.map((entry) => ({ ...entry.mark, ago_ms: Math.max(Date.now() - entry.at, 0) })) }),
    });
    if (response.type === "opaqueredirect" || [400, 401, 403].includes(response.status)) throw new SignedOut();
    if (!response.ok) throw new Error(`answered with ${response.status}`);
    const body = await response.json();
    const done = new Set(body.answers.map((answer) => answer.key));
    write(read().filter((entry) => !done.has(entry.mark.key)));
    answers.push(...body.answers.map((answer) => ({ ...answer, url })));
  }
  return answers;
}

function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.url, [...(groups.get(entry.url) || []), entry]);
  return groups;
}

export class SignedOut extends Error {}
