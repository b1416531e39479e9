import { type CompletionContext, type CompletionResult, autocompletion } from "@codemirror/autocomplete";
import { SQLite, sql } from "@codemirror/lang-sql";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

type Tables = Record<string, string[]>;
type Term = { label: string; apply: string; detail: string };

function read<T>(id: string, otherwise: T): T {
  const script = document.getElementById(id);
  return script?.textContent ? (JSON.parse(script.textContent) as T) : otherwise;
}

function completeTerms(terms: Term[]): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const word = context.matchBefore(/[\w<:/#.-]+/);
    if (!word && !context.explicit) return null;
    return { from: word?.from ?? context.pos, options: terms, filter: true };
  };
}

function language(kind: string): Extension {
  if (kind === "sql") return sql({ dialect: SQLite, schema: read<Tables>("editor-tables", {}), upperCaseKeywords: true });
  return [StreamLanguage.define(sparql), autocompletion({ override: [completeTerms(read<Term[]>("editor-terms", []))] })];
}

// The page's own colours: custom properties reach into the shadow tree.
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "0.9rem", maxHeight: "26rem", minHeight: "10rem", border: "1px solid var(--line)", borderRadius: "var(--radius)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "none", borderRadius: "var(--radius)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
]);

/** Replace a selection ourselves: the browser would keep its colours as an inline style, which the page's policy forbids. */
function typeOverSelection(event: InputEvent, view: EditorView): boolean {
  if (event.inputType !== "insertText" || !event.data || event.isComposing || view.state.selection.main.empty) return false;
  event.preventDefault();
  view.dispatch(view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true }));
  return true;
}

/** Put an editor in place of a query's box; the box stays the form's field. A shadow tree lets it bring styles under the page's policy. */
export function startEditor(box: HTMLTextAreaElement): void {
  const host = document.createElement("div");
  host.className = "editor";
  const root = host.attachShadow({ mode: "open" });
  const submit = keymap.of([{ key: "Mod-Enter", run: () => (box.form?.requestSubmit(), true) }]);
  const view = new EditorView({
    doc: box.value,
    root,
    parent: root,
    extensions: [
      Prec.highest(submit),
      basicSetup,
      language(box.dataset["query"] ?? "sql"),
      theme,
      syntaxHighlighting(colours),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": box.labels?.[0]?.textContent ?? "Query" }),
      EditorView.domEventHandlers({ beforeinput: typeOverSelection }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) box.value = update.state.doc.toString();
      }),
    ],
  });
  box.after(host);
  box.hidden = true;
  view.focus();
}
