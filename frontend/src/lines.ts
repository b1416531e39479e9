import htmx from "htmx.org";

const HASH = /^#L(\d+)(?:-L?(\d+))?$/;

/** The stretch of plain text in which a line stands that has not been coloured yet. */
function stretchOf(line: number): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(".stretch")].find((stretch) => {
    const first = Number(stretch.dataset.first);
    return first <= line && line < first + Number(stretch.dataset.lines);
  });
}

function highlight(): void {
  for (const line of document.querySelectorAll(".file-code .line.chosen")) line.classList.remove("chosen");
  const found = HASH.exec(location.hash);
  if (!found) return;
  const first = Number(found[1]);
  const last = Number(found[2] ?? first);
  const waiting = stretchOf(first);
  if (waiting) {
    waiting.scrollIntoView({ block: "start", behavior: "instant" });
    htmx.trigger(waiting, "wanted");
    return;
  }
  for (let number = Math.min(first, last); number <= Math.max(first, last); number += 1) {
    document.getElementById(`L${number}`)?.classList.add("chosen");
  }
  document.getElementById(`L${first}`)?.scrollIntoView({ block: "center", behavior: "instant" });
}

/** Mark the lines that the address names (`#L10`, `#L10-L20`); Shift+click on a number extends the mark. */
export function startLines(): void {
  const code = document.querySelector(".file-code");
  if (!code) return;
  highlight();
  addEventListener("hashchange", highlight);
  // The line that the address names may have come with a stretch.
  let wanted = HASH.test(location.hash);
  addEventListener("hashchange", () => (wanted = true));
  code.addEventListener("htmx:afterSettle", () => {
    const first = HASH.exec(location.hash)?.[1];
    if (!wanted || !first || !document.getElementById(`L${first}`)) return;
    wanted = false;
    highlight();
  });
  code.addEventListener("click", (event) => {
    const number = (event.target as HTMLElement).closest<HTMLAnchorElement>("a.number");
    const first = HASH.exec(location.hash)?.[1];
    if (!number || !first || !(event as MouseEvent).shiftKey) return;
    event.preventDefault();
    location.hash = `#L${first}-L${number.textContent ?? first}`;
  });
}
