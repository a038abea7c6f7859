/* Single keys press visible controls: <a data-key="g v">, <button data-key="s">, <input data-key="/">.
   They can be switched off and never act inside a field (WCAG 2.1.4). */
const STORE = "aktenlauf.keys";
const SEQUENCE_MS = 1000;
const FIELD = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
let held = "";
let heldAt = 0;

const isOn = () => document.body.dataset.keys === "on" && localStorage.getItem(STORE) !== "off";

function press(control) {
  if (control.matches(FIELD)) control.focus();
  else control.click();
}

function moveRow(step) {
  const links = [...document.querySelectorAll(".al-table tbody th a")];
  const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, now + step))]?.focus();
}

function selectRow() {
  document.activeElement.closest(".al-table tr")?.querySelector(".al-tick")?.click();
}

const ROWS = { j: () => moveRow(1), k: () => moveRow(-1), x: selectRow };

function onKey(event) {
  const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
  if (!isOn() || busy || event.key.length !== 1 || event.target.closest(FIELD)) return;
  const key = event.key.toLowerCase();
  const both = event.timeStamp - heldAt < SEQUENCE_MS ? `${held} ${key}` : key;
  [held, heldAt] = [key, event.timeStamp];
  const find = (name) => document.querySelector(`[data-key="${CSS.escape(name)}"]`);
  const control = find(both) ?? find(key);
  if (control) press(control);
  else if (ROWS[key]) ROWS[key]();
  else return;
  event.preventDefault();
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-keys-switch]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isOn()));
    button.addEventListener("click", () => {
      localStorage.setItem(STORE, isOn() ? "off" : "on");
      button.setAttribute("aria-pressed", String(isOn()));
    });
  }
}
