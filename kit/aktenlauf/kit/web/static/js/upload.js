/* Forms marked data-upload="#block": each chosen file is sent on its own, one after the other, with its progress;
   photos that are to be one document (a ticked box named "zusammen") are sent together.
   The server answers with the page a visitor without script would get; #block is taken out of the last answer. */
import { say, text } from "./messages.js";
import { send } from "./upload-request.js";
import { addRow } from "./upload-row.js";

const TOGETHER_MAX = 10; // as many files as the server takes in one request
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

/* What goes into one request each. */
function posts(form, files) {
  const together = form.querySelector("[name=zusammen]")?.checked && files.every((file) => file.type.startsWith("image/"));
  const size = together ? TOGETHER_MAX : 1;
  return Array.from({ length: Math.ceil(files.length / size) }, (_, n) => files.slice(n * size, (n + 1) * size));
}

const nameOf = (files) => files.map((file) => file.name).join(", ");

async function handle(form, input, files, row) {
  if (row.cancelled) return;
  if (files.some((file) => file.size > Number(input.dataset.maxBytes || Infinity))) return row.fail(text("tooBig"));
  const answer = await send(form, input, files, row);
  if (row.cancelled) return;
  if (answer.status === 0) return row.fail(text("offline"));
  if (answer.status >= 400) return row.fail(answer.reason || text("notSent"));
  shown = answer.page;
  row.done();
  say(text("sent", { name: nameOf(files) }));
}

export function startUploads() {
  document.addEventListener("change", (event) => {
    const input = event.target;
    const form = input.closest("form[data-upload]");
    if (!form || input.type !== "file") return;
    for (const files of posts(form, [...input.files])) {
      const row = addRow(form, input, nameOf(files));
      queue = queue.then(() => handle(form, input, files, row)).then(() => refresh(form));
    }
    input.value = ""; // the same file can be chosen again, and a plain submit sends nothing twice
  });
}
