/* One file, or the photos of one paper, as one POST of the form they stand in. XMLHttpRequest, because fetch reports no upload progress. */

function body(form, input, files) {
  const data = new FormData(form);
  for (const field of form.querySelectorAll("input[type=file]")) data.delete(field.name);
  const button = form.querySelector("button.al-nojs[name]");
  if (button) data.set(button.name, button.value);
  data.set("command_id", crypto.randomUUID()); // every post is a command of its own
  for (const file of files) data.append(input.dataset.name ?? input.name, file);
  return data;
}

/* {status, page, reason}: status 0 = no connection or cancelled; reason = the page's words for what was wrong. */
function answer(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  return { status: request.status, page, reason: page.querySelector("[data-reason]")?.textContent.trim() };
}

export function send(form, input, files, row) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action"));
    request.upload.addEventListener("progress", (event) => row.progress(event.loaded / event.total));
    request.addEventListener("loadend", () => resolve(answer(request)));
    row.onCancel(() => request.abort());
    request.send(body(form, input, files));
  });
}
