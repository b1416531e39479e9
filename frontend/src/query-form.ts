/** In a query's box, Ctrl or Cmd with Enter runs it. */
export function startQueryForm(): void {
  const box = document.querySelector<HTMLTextAreaElement>("textarea[data-query]");
  box?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      box.form?.requestSubmit();
    }
  });
}
