import cytoscape from "cytoscape";
import { colour } from "./colour";

interface PictureNode {
  key: string;
  text: string;
  iri: string;
  role: string;
}

interface Picture {
  nodes: PictureNode[];
  edges: { source: string; target: string; text: string }[];
}

interface Neighbours {
  name: string;
  leaving: { text: string; iri: string }[][];
  entering: { text: string; iri: string }[][];
}

const LONGEST_LABEL = 40;
const MOST_NEIGHBOURS = 30;
const STEP = 1.4;

function style(): cytoscape.StylesheetJson {
  const text = { color: colour("--text"), "font-size": 13, "text-wrap": "ellipsis" as const, "text-max-width": "160px" };
  return [
    {
      selector: "node",
      style: { label: "data(text)", ...text, "background-color": colour("--muted"), width: 14, height: 14, "text-valign": "bottom", "text-margin-y": 4 },
    },
    { selector: "node[role = 'answer']", style: { "background-color": colour("--accent"), width: 20, height: 20 } },
    {
      selector: "node[role = 'named']",
      style: { "background-color": colour("--surface"), "border-color": colour("--accent"), "border-width": 3, width: 20, height: 20 },
    },
    {
      selector: "edge",
      style: {
        label: "data(text)", ...text, color: colour("--muted"), "font-size": 11, "text-rotation": "autorotate", "text-background-color": colour("--surface"),
        "text-background-opacity": 0.85, width: 1, "line-color": colour("--muted"), "target-arrow-color": colour("--muted"),
        "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.8,
      },
    },
  ];
}

/** Keep cytoscape from adding a style sheet, which the page's policy forbids; what would be in it is in the page's own. */
function standInForStyleSheet(): void {
  const standIn = document.createElement("template");
  standIn.id = "__________cytoscape_stylesheet";
  document.head.append(standIn);
}

const LAYOUT = {
  name: "cose", animate: false, padding: 24, nodeDimensionsIncludeLabels: true, idealEdgeLength: () => 140, nodeRepulsion: () => 12000, randomize: true,
} as const;

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", act);
  return made;
}

/** The nodes and edges around a node that are not drawn yet, as its page's address at the API tells them. */
async function around(view: cytoscape.Core, node: cytoscape.NodeSingular, api: string): Promise<cytoscape.ElementDefinition[]> {
  const iri = node.data("iri") as string;
  const response = await fetch(`${api}?${new URLSearchParams({ iri })}`, { headers: { Accept: "application/json" } });
  if (!response.ok) return [];
  const found = (await response.json()) as Neighbours;
  const added = new Map<string, cytoscape.ElementDefinition>();
  const add = (other: { text: string; iri: string }, text: string, leaves: boolean): void => {
    const key = other.iri ? (other.iri.startsWith("_:") ? other.iri : `<${other.iri}>`) : `${node.id()} ${text} ${other.text}`;
    const [source, target] = leaves ? [node.id(), key] : [key, node.id()];
    const edge = `${source} ${text} ${target}`;
    const isDrawn = view.edges().some((each) => each.data("source") === source && each.data("target") === target && each.data("text") === text);
    if (isDrawn || added.size >= 2 * MOST_NEIGHBOURS) return;
    if (view.getElementById(key).empty()) added.set(key, { data: { id: key, iri: other.iri, text: other.text.slice(0, LONGEST_LABEL), role: "" } });
    added.set(edge, { data: { id: edge, source, target, text } });
  };
  for (const [property, value] of found.leaving) if (property && value) add(value, property.text, true);
  for (const [subject, property] of found.entering) if (subject && property) add(subject, property.text, false);
  return [...added.values()];
}

/** Draw what an answer rests on. Nodes can be moved; a click shows what is around one, and its name below leads to its page. */
export function startGraphView(frame: HTMLElement): void {
  const picture = JSON.parse(document.getElementById("graph-picture")?.textContent ?? "null") as Picture | null;
  if (!picture) return;
  const nodes = picture.nodes.map(({ key, text, role, iri }) => ({ data: { id: key, iri, text: text.slice(0, LONGEST_LABEL), role } }));
  const edges = picture.edges.map(({ source, target, text }) => ({ data: { id: `${source} ${text} ${target}`, source, target, text } }));
  standInForStyleSheet();
  const canvas = document.createElement("div");
  canvas.className = "graph-canvas";
  // Cytoscape measures what it draws in.
  frame.append(canvas);
  const view = cytoscape({
    container: canvas,
    elements: [...nodes, ...edges],
    layout: { name: "preset" },
    style: style(),
    // The page scrolls under the wheel: the buttons zoom.
    userZoomingEnabled: false,
    maxZoom: 3,
    minZoom: 0.1,
  });
  const arrange = (): void => {
    view.resize();
    view.layout(LAYOUT).run();
    view.fit(undefined, 24);
  };
  const zoom = (factor: number): void => {
    view.zoom({ level: view.zoom() * factor, renderedPosition: { x: view.width() / 2, y: view.height() / 2 } });
  };
  const chosen = document.createElement("span");
  chosen.className = "graph-chosen";
  chosen.setAttribute("role", "status");
  const tools = document.createElement("p");
  tools.className = "chart-tools";
  tools.append(
    button("+", "Zoom in", () => zoom(STEP)),
    button("−", "Zoom out", () => zoom(1 / STEP)),
    button("Fit", "Fit the whole graph into the frame", () => view.fit(undefined, 24)),
    button("Full screen", "Show it on the full screen", () => void frame.requestFullscreen?.()),
    chosen,
  );
  frame.prepend(tools);
  const page = frame.dataset["page"] ?? "";
  view.on("tap", "node", (event) => {
    const node = event.target as cytoscape.NodeSingular;
    const iri = node.data("iri") as string;
    chosen.textContent = node.data("text") as string;
    if (!iri) return;
    const link = document.createElement("a");
    link.href = `${page}?${new URLSearchParams({ iri })}`;
    link.textContent = node.data("text") as string;
    chosen.replaceChildren(link);
    void around(view, node, frame.dataset["around"] ?? "").then((found) => {
      if (!found.length) return;
      view.add(found);
      view.layout({ ...LAYOUT, randomize: false }).run();
      view.fit(undefined, 24);
    });
  });
  // Colours follow the theme, and the size the window; what is folded away has none.
  new MutationObserver(() => view.style(style())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new ResizeObserver(() => {
    view.resize();
    view.fit(undefined, 24);
  }).observe(canvas);
  arrange();
}
