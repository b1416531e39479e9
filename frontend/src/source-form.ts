/** Show only the fields of the chosen kind of source, and groups only where groups are chosen. Without scripts all are there. */
export function startSourceForm(): void {
  const form = document.querySelector<HTMLFormElement>("[data-source-form]");
  if (!form) return;
  const show = (): void => {
    const given = new FormData(form);
    for (const part of form.querySelectorAll<HTMLElement>("[data-source]")) {
      part.hidden = part.dataset["source"] !== given.get("source_kind");
    }
    for (const part of form.querySelectorAll<HTMLElement>("[data-audience]")) {
      part.hidden = part.dataset["audience"] !== given.get("visibility");
    }
  };
  form.addEventListener("change", show);
  show();
}
