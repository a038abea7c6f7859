/* One line of the upload list, made from <template id="upload-zeile"> of the page. */
import { text } from "./messages.js";

export function addRow(form, input, name) {
  const line = document.getElementById("upload-zeile").content.firstElementChild.cloneNode(true);
  const list = (input.closest("[data-upload-part]") ?? form).querySelector("[data-upload-list]");
  const [note, bar, button] = ["small", "progress", "button"].map((name) => line.querySelector(name));
  const row = { cancelled: false };
  let abort = () => {};

  line.querySelector("bdi").textContent = name;
  bar.setAttribute("aria-label", name);
  note.textContent = text("waiting");
  button.querySelector(".kern-sr-only").textContent = ` ${name}`;
  button.addEventListener("click", () => {
    row.cancelled = true;
    line.remove();
    abort();
  });
  list.append(line);

  row.onCancel = (handler) => (abort = handler);
  row.progress = (part) => {
    bar.value = part;
    note.textContent = text("sending", { percent: Math.floor(part * 100) });
  };
  row.fail = (reason) => {
    line.removeAttribute("data-queued");
    line.dataset.failed = "";
    line.querySelector("[data-icon]").className = "kern-icon kern-icon--danger";
    note.textContent = reason;
    note.setAttribute("role", "alert");
    bar.remove();
    button.querySelector("[data-verb]").textContent = text("dismiss");
  };
  row.done = () => line.remove();
  return row;
}
