const HASH = /^#L(\d+)(?:-L?(\d+))?$/;

function highlight(): void {
  for (const line of document.querySelectorAll(".file-code .line.chosen")) line.classList.remove("chosen");
  const found = HASH.exec(location.hash);
  if (!found) return;
  const first = Number(found[1]);
  const last = Number(found[2] ?? first);
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
  code.addEventListener("click", (event) => {
    const number = (event.target as HTMLElement).closest<HTMLAnchorElement>("a.number");
    const first = HASH.exec(location.hash)?.[1];
    if (!number || !first || !(event as MouseEvent).shiftKey) return;
    event.preventDefault();
    location.hash = `#L${first}-L${number.textContent ?? first}`;
  });
}
