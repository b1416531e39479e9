import { View, parse } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { type TopLevelSpec, compile } from "vega-lite";
import { colour } from "./colour";

type Specification = Record<string, unknown>;
type Drawing = { title: string; subtitle: string; values: object[]; kinds: Record<string, Specification> };
type Picture = "png" | "svg";

const SAVED_WIDTH = 900;
const LETTERS_A_LINE = 90;

function config(): object {
  const text = { labelColor: colour("--text"), titleColor: colour("--text"), gridColor: colour("--line"), domainColor: colour("--line") };
  const series = [0, 1, 2, 3, 4, 5, 6].map((number) => colour(`--series-${number}`));
  return {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    axis: { ...text, tickColor: colour("--line") },
    legend: { labelColor: colour("--text"), titleColor: colour("--text") },
    title: { color: colour("--text"), subtitleColor: colour("--muted"), anchor: "start" },
    range: { category: [...series, colour("--accent"), colour("--good"), colour("--bad")] },
    view: { stroke: "transparent" },
    bar: { color: colour("--accent") },
    line: { color: colour("--accent") },
    point: { color: colour("--accent"), filled: true },
  };
}

/** The lines of a text that is too long for one. */
function lines(text: string): string[] {
  const found: string[] = [];
  for (const word of text.split(" ")) {
    const last = found.at(-1);
    if (last === undefined || last.length + word.length >= LETTERS_A_LINE) found.push(word);
    else found[found.length - 1] = `${last} ${word}`;
  }
  return found;
}

function viewOf(drawing: Drawing, specification: Specification, more: object): View {
  const whole = { ...specification, data: { values: drawing.values }, config: config(), ...more } as unknown as TopLevelSpec;
  // Expressions are interpreted: the page's policy forbids making code of text.
  const runtime = parse(compile(whole).spec, undefined, { ast: true });
  return new View(runtime, { expr: expressionInterpreter, renderer: "canvas" });
}

async function draw(frame: HTMLElement, drawing: Drawing, specification: Specification): Promise<void> {
  // Vega calls its place a document of graphics; around it stands what it shows, in words.
  const place = document.createElement("div");
  place.setAttribute("aria-hidden", "true");
  frame.replaceChildren(place);
  await viewOf(drawing, specification, { width: Math.max(200, frame.clientWidth - 4) }).initialize(place).hover().runAsync();
}

/** A file with the picture, which has what stands around it on the page: a title, and the page's colours. */
async function save(drawing: Drawing, specification: Specification, picture: Picture): Promise<void> {
  const title = { text: lines(drawing.title), ...(drawing.subtitle && { subtitle: lines(drawing.subtitle) }), offset: 14 };
  const view = viewOf(drawing, specification, { width: SAVED_WIDTH, background: colour("--background"), padding: 16, title });
  const address =
    picture === "png"
      ? await view.toImageURL("png", 2)
      : URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${drawing.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "chart"}.${picture}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Keep the kind in the page's address, which may be passed on. */
function keepKind(kind: string, usual: boolean): void {
  const address = new URL(location.href);
  if (usual) address.searchParams.delete("chart");
  else address.searchParams.set("chart", kind);
  history.replaceState(history.state, "", address);
}

/** Draw the rows that the page carries, let the kind of chart be chosen, and the picture be saved. */
export async function startChart(figure: HTMLElement): Promise<void> {
  const drawing = JSON.parse(document.getElementById("chart-drawing")?.textContent ?? "null") as Drawing | null;
  const frame = figure.querySelector<HTMLElement>(".chart-frame");
  const tools = figure.querySelector<HTMLElement>(".chart-tools");
  const picker = figure.querySelector("select");
  if (!drawing || !frame || !tools || !picker) return;
  const buttons = figure.querySelectorAll<HTMLButtonElement>("[data-save]");
  const chosen = (): Specification | undefined => drawing.kinds[picker.value];
  const show = async (): Promise<void> => {
    const specification = chosen();
    for (const part of [frame, ...buttons, ...figure.querySelectorAll<HTMLElement>("figcaption")]) part.hidden = !specification;
    if (specification) await draw(frame, drawing, specification);
  };
  tools.hidden = false;
  picker.addEventListener("change", () => {
    keepKind(picker.value, picker.selectedIndex === 0);
    void show();
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const specification = chosen();
      if (specification) void save(drawing, specification, button.dataset["save"] as Picture);
    });
  }
  // Colours follow the theme, and the width the window.
  new MutationObserver(() => void show()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void show());
  addEventListener("resize", () => void show());
  await show();
}
