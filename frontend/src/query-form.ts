/** Load the editor where a query is written; without it, the box works by itself. In the box, Ctrl or Cmd with Enter runs the query. */
export function startQueryForm(): void {
  const box = document.querySelector<HTMLTextAreaElement>("textarea[data-query]");
  if (!box) return;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      box.form?.requestSubmit();
    }
  });
  void import("./editor").then(({ startEditor }) => startEditor(box));
}

/** Load the drawing of charts where there is one. */
export function startCharts(): void {
  const frame = document.querySelector<HTMLElement>("[data-chart]");
  if (frame) void import("./chart").then(({ startChart }) => startChart(frame));
}
