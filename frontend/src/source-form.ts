/** Show only the fields of the chosen kind of source. Without scripts all are there. */
export function startSourceForm(): void {
  const form = document.querySelector<HTMLFormElement>("[data-source-form]");
  if (!form) return;
  const show = (): void => {
    const chosen = new FormData(form).get("source_kind");
    for (const part of form.querySelectorAll<HTMLElement>("[data-source]")) {
      part.hidden = part.dataset["source"] !== chosen;
    }
  };
  form.addEventListener("change", show);
  show();
}
