/* Where the keyboard goes after a page or a part of it has changed. */
let before = null;

function focusOn(element) {
  element.setAttribute("tabindex", "-1");
  element.focus();
}

/* The page names the place (error summary, heading of the next step) with data-focus; taken once. */
function arrive() {
  const place = document.querySelector("[data-focus]");
  if (!place) return false;
  place.removeAttribute("data-focus");
  focusOn(place);
  return true;
}

/* The control that was used is gone: without this the keyboard would start at the top of the page. */
function rescue(target) {
  const lost = before && !before.isConnected && document.activeElement === document.body;
  if (!lost) return;
  const heading = (target?.isConnected ? target : document).querySelector("h1, h2, h3");
  const nearest = heading ?? document.querySelector("main h1");
  if (nearest) focusOn(nearest);
}

export function startFocus() {
  arrive();
  document.addEventListener("htmx:before:swap", () => (before = document.activeElement));
  document.addEventListener("htmx:after:swap", (event) => {
    if (!arrive()) rescue(event.detail.ctx?.target);
    before = null;
  });
}
