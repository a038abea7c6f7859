/* Remaining time in words, with the plural of the page's language: <span data-countdown="2026-12-03T08:52:00Z">. */
const STEP_MS = 15_000;

export function inWords(milliseconds) {
  const words = new Intl.RelativeTimeFormat(`${document.documentElement.lang}-u-nu-latn`, { numeric: "always" });
  const minutes = Math.ceil(milliseconds / 60_000);
  if (minutes >= 2) return words.format(minutes, "minute");
  return words.format(Math.max(0, Math.ceil(milliseconds / 1000)), "second");
}

function update(element) {
  const left = Date.parse(element.dataset.countdown) - Date.now();
  element.textContent = left > 0 ? inWords(left) : (element.dataset.ended ?? "");
}

export function startCountdowns() {
  const all = () => document.querySelectorAll("[data-countdown]").forEach(update);
  all();
  setInterval(all, STEP_MS);
  document.addEventListener("htmx:after:swap", all);
}
