/* What the pages add where script runs; without it every page works all the same. */
import { startCountdowns } from "./countdown.js";
import { startFocus } from "./focus.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startMessages } from "./messages.js";
import { startPrint } from "./print.js";
import { startSession } from "./session.js";
import { startUnsaved } from "./unsaved.js";
import { startUploads } from "./upload.js";

/* Set here and not by the server: pages may hide their plain file field only once the queue really runs. */
document.documentElement.classList.add("js");

for (const start of [
  startMessages,
  startFocus,
  startMenus,
  startKeys,
  startUploads,
  startCountdowns,
  startSession,
  startPrint,
  startUnsaved,
]) {
  start();
}
