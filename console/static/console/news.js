// Pages that show what may change: on news they read their fragments again.
import { Socket } from "./socket.js";

const LATE = 10_000;

/** Listen at this address; each piece of news becomes the event `news` on the body. */
export function listenForNews(address) {
  if (!address) return;
  const socket = new Socket(address, {
    // What changed between the drawing of the page and the opening of the socket rang for nobody.
    opened: (again) => (again ? tell() : setTimeout(tell, LATE)),
    message: (message) => message.t === "state" && tell(),
  });
  socket.open();
}

/** Let all fragments read themselves again. */
export function tell() {
  document.body.dispatchEvent(new CustomEvent("news"));
}
