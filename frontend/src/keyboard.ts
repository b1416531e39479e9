function searchBox(): HTMLInputElement | HTMLTextAreaElement | null {
  return document.querySelector("[data-search-box]");
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}

function hits(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-hit]")];
}

function move(step: number): void {
  const links = hits().map((hit) => hit.querySelector<HTMLElement>("[data-hit-link]"));
  const position = links.indexOf(document.activeElement as HTMLElement);
  if (position === 0 && step < 0) {
    searchBox()?.focus();
    return;
  }
  const next = links[position < 0 ? (step > 0 ? 0 : links.length - 1) : position + step];
  next?.focus();
  next?.closest("[data-hit]")?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/** `/` to the box, arrows from hit to hit, Escape back. Enter on a hit is the link's own. */
export function startKeyboard(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = searchBox();
    if (event.key === "/" && !isTyping(event.target)) {
      if (!box) {
        location.assign("/");
        return;
      }
      event.preventDefault();
      box.focus();
      // What narrows the box to a repository stays; what is typed comes behind it.
      if (/^repo:\S+ $/.test(box.value)) box.setSelectionRange(box.value.length, box.value.length);
      else box.select();
    } else if (event.key === "ArrowDown" && hits().length > 0 && leavesBox(event.target)) {
      event.preventDefault();
      move(1);
    } else if (event.key === "ArrowUp" && hits().length > 0 && !isTyping(event.target) && inHits()) {
      event.preventDefault();
      move(-1);
    } else if (event.key === "Escape" && inHits()) {
      box?.focus();
    }
  });
}

function inHits(): boolean {
  return document.activeElement?.closest("[data-hit]") != null;
}

/** In the box, the arrow leaves it only from the last line, so that pasted code can be edited. */
function leavesBox(target: EventTarget | null): boolean {
  if (!isTyping(target)) return inHits() || document.activeElement === document.body;
  if (!(target instanceof HTMLTextAreaElement) || target !== searchBox()) return false;
  return !target.value.slice(target.selectionEnd).includes("\n");
}
