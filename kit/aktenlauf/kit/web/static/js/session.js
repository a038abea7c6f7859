/* Five minutes before the session ends a dialogue says so, in words, and offers to stay (WCAG 2.2.1). */
import { inWords } from "./countdown.js";
import { say, text } from "./messages.js";

const NOTICE_MS = 5 * 60_000;
const STEP_MS = 15_000;
let ends = NaN;
let putOff = false;
let field = "";

const isNear = () => ends - Date.now() <= NOTICE_MS;
const show = (dialog, words) => (dialog.querySelector("[data-session-text]").textContent = words);

/* Any page that the session serves extends it and says until when; a signed-out answer says nothing. */
async function extend(dialog) {
  const answer = await fetch(dialog.dataset.extend).catch(() => null);
  if (!answer?.ok) return show(dialog, text(navigator.onLine ? "unreachable" : "offline"));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  ends = Date.parse(page.body.dataset.sessionEnds);
  if (Number.isNaN(ends)) return over(dialog);
  if (isNear()) return show(dialog, text("ending", { when: inWords(ends - Date.now()) })); // twelve hours are over
  dialog.close();
  say(text("extended"));
}

function over(dialog) {
  ends = NaN;
  show(dialog, text("ended"));
  dialog.querySelector("[data-stay]").hidden = true;
  const again = dialog.querySelector("[data-again]");
  if (field) again.href = again.href.split("%23")[0] + encodeURIComponent(`#${field}`); // back to the very field
  again.hidden = false;
  if (!dialog.open) dialog.showModal();
}

function check(dialog) {
  if (!isNear()) return; // also without a session
  const left = ends - Date.now();
  if (left <= 0) return over(dialog);
  show(dialog, text("ending", { when: inWords(left) }));
  if (!dialog.open && !putOff) dialog.showModal();
}

export function startSession() {
  const dialog = document.getElementById("sitzung");
  if (!dialog) return;
  ends = Date.parse(document.body.dataset.sessionEnds);
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest("main form")) field = target.id;
  });
  dialog.querySelector("[data-stay]").addEventListener("click", () => extend(dialog));
  dialog.addEventListener("close", () => (putOff = isNear())); // put off by Escape, not by staying
  check(dialog);
  setInterval(() => check(dialog), STEP_MS);
}
