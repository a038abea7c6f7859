/* Forms marked data-upload="#block": each chosen file is sent on its own, one after the other, with its progress.
   The server answers with the page a visitor without script would get; #block is taken out of the last answer. */
import { say, text } from "./messages.js";
import { send } from "./upload-request.js";
import { addRow } from "./upload-row.js";

let queue = Promise.resolve();
let shown = null; // the newest page that the server answered with

/* Rows that failed stay, with their reason, beside what the server now shows. */
function refresh(form) {
  if (!shown || document.querySelector("[data-queued]")) return;
  const old = document.querySelector(form.dataset.upload);
  const fresh = shown.querySelector(form.dataset.upload);
  shown = null;
  if (!old || !fresh) return;
  const failed = [...old.querySelectorAll("[data-failed]")];
  old.replaceWith(fresh);
  fresh.querySelector("[data-upload-list]")?.append(...failed);
  window.htmx?.process(fresh);
}

async function handle(form, input, file, row) {
  if (row.cancelled) return;
  if (file.size > Number(input.dataset.maxBytes || Infinity)) return row.fail(text("tooBig"));
  const answer = await send(form, input, file, row);
  if (row.cancelled) return;
  if (answer.status === 0) return row.fail(text("offline"));
  if (answer.status >= 400) return row.fail(answer.reason || text("notSent"));
  shown = answer.page;
  row.done();
  say(text("sent", { name: file.name }));
}

export function startUploads() {
  document.addEventListener("change", (event) => {
    const input = event.target;
    const form = input.closest("form[data-upload]");
    if (!form || input.type !== "file") return;
    for (const file of input.files) {
      const row = addRow(form, input, file);
      queue = queue.then(() => handle(form, input, file, row)).then(() => refresh(form));
    }
    input.value = ""; // the same file can be chosen again, and a plain submit sends nothing twice
  });
}
