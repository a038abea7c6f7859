/* Words of the script: they come from the page, in its language (<template id="texte" data-offline="...">). */
export function text(name, values = {}) {
  const pattern = document.getElementById("texte")?.dataset[name] ?? "";
  return pattern.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/* Read aloud without moving the focus. Emptied first: the same sentence twice would be read once. */
export function say(message) {
  const region = document.getElementById("ansage");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = message), 60);
}

/* Shown at the top of the page until the next request succeeds. */
export function warn(message) {
  const place = document.getElementById("meldung");
  if (!place) return;
  place.hidden = !message;
  place.querySelector(".kern-title").textContent = message;
}

export function startMessages() {
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) warn(text(navigator.onLine ? "unreachable" : "offline"));
  });
  document.addEventListener("htmx:after:swap", (event) => {
    warn("");
    const spoken = document.querySelector("[data-say]"); // such as "34 Vorgänge" above a filtered list
    if (!spoken) return;
    spoken.removeAttribute("data-say");
    say(spoken.textContent.trim());
  });
  window.addEventListener("offline", () => warn(text("offline")));
  window.addEventListener("online", () => warn(""));
}
