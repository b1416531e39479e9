import htmx from "htmx.org";

/** While the answer of a source is awaited, say so, and let the person stop it. */
export function startRoutedAnswers(): void {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const waiting = (event.target as Element).querySelector<HTMLElement>(".routed-waiting");
    if (waiting) waiting.hidden = false;
  });
  document.addEventListener("click", (event) => {
    const waiting = (event.target as Element).closest("[data-cancel]")?.closest<HTMLElement>(".routed-waiting");
    if (!waiting?.parentElement) return;
    htmx.trigger(waiting.parentElement, "htmx:abort", {});
    waiting.textContent = "Stopped.";
  });
}
