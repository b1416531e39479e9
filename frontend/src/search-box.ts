const MOST_HEIGHT = 260;

function fit(box: HTMLTextAreaElement): void {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, MOST_HEIGHT)}px`;
}

/** Let the box grow with pasted code; Enter searches, Shift+Enter starts a line. */
export function startSearchBox(): void {
  const box = document.querySelector<HTMLTextAreaElement>("textarea[data-search-box]");
  if (!box) return;
  fit(box);
  box.setSelectionRange(box.value.length, box.value.length);
  box.addEventListener("input", () => fit(box));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      box.form?.requestSubmit();
    }
  });
  // Going back in the browser's history brings the results of another query: show its text again.
  document.addEventListener("htmx:historyRestore", () => {
    box.value = new URLSearchParams(location.search).get("q") ?? "";
    fit(box);
  });
}
