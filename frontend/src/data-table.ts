const ROWS_OF_PAGE = 50;

/** What a cell is sorted by: the number that it shows, or its text. */
function keyOf(row: HTMLTableRowElement, column: number): number | string | null {
  const cell = row.cells[column];
  const text = cell?.textContent?.trim() ?? "";
  if (text === "") return null;
  return cell?.dataset["value"] === undefined ? text : Number(cell.dataset["value"]);
}

/** Empty cells come last, whichever way the rest is sorted. */
function compare(one: number | string | null, other: number | string | null, direction: number): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  if (typeof one === "number" && typeof other === "number") return direction * (one - other);
  return direction * String(one).localeCompare(String(other), undefined, { numeric: true });
}

/**
 * A cell's text as a spreadsheet takes it: an apostrophe goes before what it would take for a formula, as OWASP advises.
 * Numbers stay as they are.
 */
function pasted(cell: HTMLTableCellElement): string {
  const text = (cell.textContent ?? "").trim().replace(/\s+/g, " ");
  const isNumber = cell.dataset["value"] !== undefined || /^[-+]?\d[\d.,]*$/.test(text);
  return !isNumber && /^[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
}

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

/** Let a table be sorted by its heads and be read page by page; without this it shows all its rows in their order. */
class DataTable {
  private readonly body: HTMLTableSectionElement;
  private readonly rows: HTMLTableRowElement[];
  private readonly order: HTMLTableRowElement[];
  private readonly status = document.createElement("span");
  private readonly previous = button("‹", "Previous rows", () => this.turn(-1));
  private readonly next = button("›", "Next rows", () => this.turn(1));
  private page = 0;

  constructor(private readonly table: HTMLTableElement) {
    this.body = table.tBodies[0] as HTMLTableSectionElement;
    this.rows = [...this.body.rows];
    this.order = [...this.rows];
    for (const head of table.tHead?.rows[0]?.cells ?? []) this.makeSortable(head);
    this.addTools();
    this.show();
  }

  private makeSortable(head: HTMLTableCellElement): void {
    const name = document.createElement("button");
    name.type = "button";
    name.className = "sort";
    name.append(...head.childNodes);
    name.addEventListener("click", () => this.sort(head));
    head.append(name);
  }

  private sort(head: HTMLTableCellElement): void {
    const before = head.getAttribute("aria-sort");
    for (const each of this.table.tHead?.rows[0]?.cells ?? []) each.removeAttribute("aria-sort");
    const direction = before === null ? 1 : before === "ascending" ? -1 : 0;
    if (direction) head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const keyed = this.order.map((row) => ({ row, key: keyOf(row, head.cellIndex) }));
    if (direction) keyed.sort((one, other) => compare(one.key, other.key, direction));
    this.rows.splice(0, this.rows.length, ...keyed.map((each) => each.row));
    this.page = 0;
    this.show();
  }

  private addTools(): void {
    const tools = document.createElement("p");
    tools.className = "table-tools";
    const copy = button("Copy", "Copy all rows", () => void this.copy(copy));
    if (this.rows.length > ROWS_OF_PAGE) tools.append(this.previous, this.status, this.next);
    tools.append(copy);
    this.status.setAttribute("role", "status");
    (this.table.closest(".table-frame") ?? this.table).after(tools);
  }

  private turn(pages: number): void {
    this.page += pages;
    this.show();
  }

  private show(): void {
    const first = this.page * ROWS_OF_PAGE;
    const last = Math.min(first + ROWS_OF_PAGE, this.rows.length);
    this.body.replaceChildren(...this.rows.slice(first, last));
    this.status.textContent = `${first + 1}–${last} of ${this.rows.length}`;
    this.previous.disabled = first === 0;
    this.next.disabled = last === this.rows.length;
  }

  /** Put the rows on the clipboard as a spreadsheet takes them. */
  private async copy(pressed: HTMLButtonElement): Promise<void> {
    const heads = [...(this.table.tHead?.rows ?? [])];
    const lines = [...heads, ...this.rows].map((row) => [...row.cells].map(pasted).join("\t"));
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      pressed.textContent = "Copied";
    } catch {
      pressed.textContent = "The browser does not allow it";
    }
    setTimeout(() => (pressed.textContent = "Copy"), 2000);
  }
}

export function startDataTables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-rows]")) if (table.tBodies[0]?.rows.length) new DataTable(table);
}
