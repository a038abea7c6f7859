/* Forms marked data-unsaved: leaving the page with typed but unsent values asks first. */
const changed = new Set();

const formOf = (event) => event.target.closest?.("form[data-unsaved]");

export function startUnsaved() {
  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form) changed.add(form);
  });
  document.addEventListener("submit", (event) => changed.delete(formOf(event)));
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
}
