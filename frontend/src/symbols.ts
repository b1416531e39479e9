import htmx from "htmx.org";

const NAME = /[\p{L}\p{N}_$]/u;

interface Spot {
  line: number;
  column: number;
}

/** The line and column, in characters, of a position in the text of a coloured line. */
function spotOf(node: Node, offset: number): Spot | undefined {
  const line = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>(".file-code .line");
  const number = line?.querySelector(".number");
  if (!line || !number || number.contains(node)) return undefined;
  const before = document.createRange();
  before.setStartAfter(number);
  before.setEnd(node, offset);
  return { line: Number(number.textContent), column: [...before.toString()].length };
}

function caretAt(event: MouseEvent): { node: Node; offset: number } | undefined {
  if ("caretPositionFromPoint" in document) {
    const position = document.caretPositionFromPoint(event.clientX, event.clientY);
    return position ? { node: position.offsetNode, offset: position.offset } : undefined;
  }
  const range = (document as Document).caretRangeFromPoint(event.clientX, event.clientY);
  return range ? { node: range.startContainer, offset: range.startOffset } : undefined;
}

function isInName(node: Node, offset: number): boolean {
  const text = node.textContent ?? "";
  return NAME.test(text.charAt(offset)) || NAME.test(text.charAt(offset - 1));
}

/** Show what the name means that is clicked on; with Ctrl or Command go to where it is defined. */
export function startSymbols(): void {
  const layout = document.querySelector<HTMLElement>("[data-symbols]");
  const code = layout?.querySelector<HTMLElement>(".file-code");
  const panel = document.getElementById("symbol");
  if (!layout?.dataset.symbols || !code || !panel) return;
  const address = layout.dataset.symbols;
  code.addEventListener("click", (event) => {
    const caret = caretAt(event);
    const selected = getSelection();
    if (!caret || (selected && !selected.isCollapsed) || !isInName(caret.node, caret.offset)) return;
    const text = caret.node.textContent ?? "";
    const offset = NAME.test(text.charAt(caret.offset)) ? caret.offset : caret.offset - 1;
    const spot = spotOf(caret.node, offset);
    if (!spot) return;
    const goes = event.ctrlKey || event.metaKey;
    const query = new URLSearchParams({ line: String(spot.line), column: String(spot.column) });
    void htmx.ajax("get", `${address}?${query.toString()}`, { target: panel, swap: "innerHTML" }).then(() => {
      const definition = panel.querySelector<HTMLAnchorElement>("[data-definition]");
      if (goes && definition) location.assign(definition.href);
    });
  });
}

/** Buttons that put a text on the clipboard: their own, or what an address gives. */
export function startCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy], [data-copy-from]")) {
    button.addEventListener("click", () => {
      const from = button.dataset.copyFrom;
      const text = from ? fetch(from).then((answer) => answer.text()) : Promise.resolve(button.dataset.copy ?? "");
      const label = button.textContent ?? "";
      void text
        .then((copied) => navigator.clipboard.writeText(copied))
        .then(() => (button.textContent = "Copied"), () => (button.textContent = "Could not be copied"))
        .then(() => setTimeout(() => (button.textContent = label), 1500));
    });
  }
}
