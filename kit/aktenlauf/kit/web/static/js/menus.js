/* details.al-menu opens without script; this closes it on Escape, on a click outside and when another opens. */
const openMenus = () => document.querySelectorAll("details.al-menu[open]");

function closeAllBut(kept) {
  for (const menu of openMenus()) {
    if (menu !== kept) menu.open = false;
  }
}

export function startMenus() {
  document.addEventListener("click", (event) => closeAllBut(event.target.closest("details.al-menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  });
}
