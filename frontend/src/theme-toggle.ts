const ORDER = ["auto", "light", "dark"] as const;
type Theme = (typeof ORDER)[number];

const LABELS: Record<Theme, string> = { auto: "◐", light: "☀", dark: "☾" };

function current(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

function apply(theme: Theme, button: HTMLElement): void {
  if (theme === "auto") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem("theme");
  } else {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
  }
  show(theme, button);
}

function show(theme: Theme, button: HTMLElement): void {
  button.textContent = LABELS[theme];
  button.title = `Colour theme: ${theme}`;
}

/** Let the button in the header go through the themes: the system's, light, dark. */
export function startThemeToggle(): void {
  const button = document.querySelector<HTMLElement>("[data-theme-toggle]");
  if (!button) return;
  show(current(), button);
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length] ?? "auto";
    apply(next, button);
  });
}
