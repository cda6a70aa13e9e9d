// The roll of a group: a tap marks at once, the outbox sends it, and others' marks appear by themselves.

import * as outbox from "./outbox.js";
import { startCamera } from "./camera.js";

const roll = document.getElementById("roll");
const words = JSON.parse(roll.dataset.words);
const account = Number(roll.dataset.account);
const list = roll.querySelector(".called-list");
const answerBox = roll.querySelector(".scan-answer");
const ORDER = ["missing", "not_yet", "present", "handed_over", "left"];
const SEND_EVERY_MS = 4000;
const LOOK_EVERY_MS = 20000;
let isSending = false;
let refused = 0;
let signedOut = false;
let tag = `"${roll.dataset.version}"`;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const rows = () => [...list.querySelectorAll(".called")];
const rowOf = (person) => list.querySelector(`.called[data-person="${person}"]`);
const plain = (badge) => badge.toUpperCase().replace(/[^0-9A-Z]/g, "");

function show(row, state, text) {
  row.dataset.state = state;
  delete row.dataset.gone;
  row.querySelector(".tick-state").textContent = text;
  const icon = roll.querySelector(`.state-icon[data-state="${state}"]`);
  row.querySelector(".tick-box").replaceChildren(icon.content.cloneNode(true));
}

function tally() {
  const states = rows().map((row) => row.dataset.state);
  const here = states.filter((state) => state === "present" || state === "handed_over").length;
  const missing = states.filter((state) => state === "missing").length;
  const expected = states.filter((state) => state !== "left").length;
  const isComplete = states.length > 0 && here === expected;
  const box = roll.querySelector(".tally");
  box.classList.toggle("is-complete", isComplete);
  box.classList.toggle("is-loud", missing > 0);
  box.querySelector(".tally-count").textContent = fill(words.here, { here, expected });
  box.querySelector(".tally-missing").textContent = missing ? fill(words.missing, { count: missing }) : isComplete ? words.complete : "";
}

function tellUnsent() {
  const count = outbox.waiting(account).length;
  const line = roll.querySelector(".tally-unsent");
  const said = [];
  if (count) said.push(fill(words.unsent, { count }));
  if (count && signedOut) said.push(words.signed_out);
  if (refused) said.push(fill(words.refused, { count: refused }));
  line.textContent = said.join(" ");
  line.hidden = said.length === 0;
}

// Rows keep their places while somebody taps, and are put in order when the page is looked at anew.
function sort() {
  const rank = (row) => ORDER.indexOf(row.dataset.state);
  rows().sort((one, other) => rank(one) - rank(other)).forEach((row) => list.append(row));
}

function keep(mark) {
  outbox.add({ account, url: roll.dataset.marks, at: Date.now(), mark: { key: outbox.newKey(), ...mark } });
  tellUnsent();
  sendSoon();
}

function markRow(row, state, handedTo = "") {
  keep({ participant: Number(row.dataset.person), state, handed_to: handedTo });
  const word = state === "handed_over" ? fill(words.handed, { name: handedTo }) : words.states[state];
  show(row, state, state === "not_yet" ? word : fill(words.just_now, { state: word }));
  row.querySelector(".other").open = false;
  tally();
}

async function sendSoon() {
  if (isSending || !outbox.waiting(account).length) return;
  isSending = true;
  try {
    while (outbox.waiting(account).length) (await outbox.send(account, roll.dataset.token)).forEach(take);
    signedOut = false;
  } catch (problem) {
    signedOut = problem instanceof outbox.SignedOut;
  }
  isSending = false;
  tellUnsent();
}

function take(answer) {
  if (!answer.counts && answer.badge === null && answer.url === roll.dataset.marks && !answer.person) {
    if (answer.kind === "moved" || answer.kind === "key_taken") refused += 1;
  }
  if (answer.url !== roll.dataset.marks || !scanned.delete(answer.key)) return;
  const row = answer.person && rowOf(answer.person);
  if (row && answer.kind === "counted") { show(row, answer.state, answer.text); tally(); }
  tell(answer.kind, answer.text, answer.about, answer);
}

const scanned = new Set();

function tell(kind, text, about = "", offer = null) {
  const box = document.createElement("div");
  box.className = `answer answer-${kind}`;
  for (const [name, said] of [["answer-text", text], ["answer-about", about]]) {
    const line = document.createElement("p");
    line.className = name;
    line.textContent = said;
    box.append(line);
  }
  if (offer?.badge) {
    const form = document.getElementById("take-over").content.cloneNode(true);
    form.querySelector("[name=key]").value = outbox.newKey();
    form.querySelector("[name=badge]").value = offer.badge;
    form.querySelector("[name=seen_in]").value = offer.seen_in ?? "";
    box.append(form);
  }
  answerBox.replaceChildren(box);
}

// A badge of the own group counts at once, with or without a signal; others are asked for.
function scan(badge) {
  const row = rows().find((one) => plain(one.dataset.badge) === plain(badge));
  const key = outbox.newKey();
  scanned.add(key);
  if (row) {
    const name = row.dataset.name;
    const isHere = ["present", "handed_over"].includes(row.dataset.state);
    const state = row.querySelector(".tick-state").textContent;
    if (isHere) tell("again", fill(words.again, { name, state }));
    else {
      show(row, "present", fill(words.just_now, { state: words.states.present }));
      tally();
      tell("counted", fill(words.counted, { name }));
    }
  } else tell("asking", words.stranger);
  keep({ key, badge, state: "present" });
}

list.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".mark-form")) return;
  event.preventDefault();
  const row = form.closest(".called");
  const state = event.submitter.value;
  if (event.submitter.matches(".tick") && row.dataset.state !== "not_yet") row.querySelector(".other").open = !row.querySelector(".other").open;
  else markRow(row, state, form.elements.handed_to?.value.trim());
});

roll.querySelector(".badge-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.badge;
  if (plain(input.value)) scan(input.value);
  input.value = "";
});

async function look() {
  if (outbox.waiting(account).length || document.hidden) return;
  const response = await fetch(roll.dataset.state, { headers: { "If-None-Match": tag }, redirect: "manual", cache: "no-store" });
  if (response.status !== 200) return;
  const { people } = await response.json();
  if (outbox.waiting(account).length) return;
  tag = response.headers.get("ETag");
  if (people.length !== rows().length || people.some((one) => !rowOf(one.person))) return location.reload();
  for (const one of people) show(rowOf(one.person), one.state, one.text);
  tally();
}

const restored = outbox.waiting(account).filter((entry) => entry.url === roll.dataset.marks && entry.mark.participant);
for (const { mark } of restored) {
  const row = rowOf(mark.participant);
  if (row) show(row, mark.state, words.states[mark.state]);
}
if (restored.length) { tally(); sort(); }

startCamera({ root: roll.querySelector(".scanning"), onBadge: scan, onTrouble: () => tell("trouble", words.no_camera) });
const chip = document.querySelector(".points [aria-current]");
chip.closest("ul").scrollLeft = chip.parentElement.offsetLeft - 16;
addEventListener("online", sendSoon);
setInterval(sendSoon, SEND_EVERY_MS);
setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);
tellUnsent();
sendSoon();
