import { View, parse } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { type TopLevelSpec, compile } from "vega-lite";
import { colour } from "./colour";

const MARKS = ["bar", "line", "point", "area"] as const;

function config(): object {
  const text = { labelColor: colour("--text"), titleColor: colour("--text"), gridColor: colour("--line"), domainColor: colour("--line") };
  return {
    background: "transparent",
    axis: { ...text, tickColor: colour("--line") },
    view: { stroke: "transparent" },
    bar: { color: colour("--accent") },
    line: { color: colour("--accent") },
    area: { color: colour("--accent") },
    point: { color: colour("--accent"), filled: true },
  };
}

async function draw(frame: HTMLElement, specification: Record<string, unknown>): Promise<void> {
  const whole = { ...specification, width: Math.max(200, frame.clientWidth - 80), config: config() } as unknown as TopLevelSpec;
  // Expressions are interpreted: the page's policy forbids making code of text.
  const runtime = parse(compile(whole).spec, undefined, { ast: true });
  frame.replaceChildren();
  await new View(runtime, { expr: expressionInterpreter, renderer: "canvas" }).initialize(frame).runAsync();
}

/** Draw the rows that the page carries, and let the kind of chart be changed. */
export async function startChart(frame: HTMLElement): Promise<void> {
  const specification = JSON.parse(document.getElementById("chart-specification")?.textContent ?? "null") as Record<string, unknown> | null;
  if (!specification) return;
  const mark = specification["mark"] as { type: string };
  const picker = document.createElement("select");
  picker.setAttribute("aria-label", "Kind of chart");
  for (const kind of MARKS) picker.append(new Option(kind, kind, false, kind === mark.type));
  frame.before(picker);
  const show = (): Promise<void> => draw(frame, specification);
  picker.addEventListener("change", () => {
    mark.type = picker.value;
    void show();
  });
  // Colours follow the theme, and the width the window.
  new MutationObserver(() => void show()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("resize", () => void show());
  await show();
}
