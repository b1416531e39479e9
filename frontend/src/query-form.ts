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

/** Load what draws charts and graphs, where there is one. */
export function startDrawings(): void {
  const chart = document.querySelector<HTMLElement>("[data-chart]");
  if (chart) void import("./chart").then(({ startChart }) => startChart(chart));
  const graph = document.querySelector<HTMLElement>("[data-graph-view]");
  const folded = graph?.closest("details");
  const draw = (): void => void import("./graph-view").then(({ startGraphView }) => graph && startGraphView(graph));
  // It is drawn once somebody wants to see it.
  folded?.addEventListener("toggle", draw, { once: true });
}
