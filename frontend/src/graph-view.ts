import cytoscape from "cytoscape";
import { colour } from "./colour";

interface PictureNode {
  key: string;
  text: string;
  address: string;
  role: string;
}

interface Picture {
  nodes: PictureNode[];
  edges: { source: string; target: string; text: string }[];
}

const LONGEST_LABEL = 40;

function style(): cytoscape.StylesheetJson {
  const text = { color: colour("--text"), "font-size": 11, "text-wrap": "ellipsis" as const, "text-max-width": "120px" };
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
        label: "data(text)", ...text, color: colour("--muted"), "font-size": 9, "text-rotation": "autorotate", "text-background-color": colour("--surface"),
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

/** Draw what an answer rests on. Nodes can be moved; one that has a page leads to it. */
export function startGraphView(frame: HTMLElement): void {
  const picture = JSON.parse(document.getElementById("graph-picture")?.textContent ?? "null") as Picture | null;
  if (!picture) return;
  const nodes = picture.nodes.map(({ key, text, address, role }) => ({ data: { id: key, text: text.slice(0, LONGEST_LABEL), address, role } }));
  const edges = picture.edges.map(({ source, target, text }) => ({ data: { source, target, text } }));
  standInForStyleSheet();
  const view = cytoscape({
    container: frame,
    elements: [...nodes, ...edges],
    style: style(),
    layout: { name: "cose", animate: false, padding: 24, nodeDimensionsIncludeLabels: true, idealEdgeLength: () => 90, randomize: true },
    // The page scrolls under the wheel.
    userZoomingEnabled: false,
    maxZoom: 1.6,
  });
  view.fit(undefined, 24);
  view.on("tap", "node", (event) => {
    const address = (event.target as cytoscape.NodeSingular).data("address") as string;
    if (address) location.assign(address);
  });
  // Colours follow the theme, and the size the window.
  new MutationObserver(() => view.style(style())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("resize", () => {
    view.resize();
    view.fit(undefined, 24);
  });
}
