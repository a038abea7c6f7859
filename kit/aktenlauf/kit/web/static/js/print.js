/* A button that prints the page; without script the browser's own menu does it. */
export function startPrint() {
  for (const button of document.querySelectorAll("[data-prints]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
