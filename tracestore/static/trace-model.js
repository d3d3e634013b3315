// Holds a trace as the server sent it (pages/_trace_view.py), and which of its rows are visible.
//
// A row is {depth, parent, next, spans, isGroup}: `next` is the row after everything inside it.
// Folded rows start closed, single spans open; `toggled` holds the rows that have changed.

const [ID, SERVICE, NAME, STATEMENT, START, DURATION, IS_ERROR] = [0, 1, 2, 3, 4, 5, 6];

export class TraceModel {
  constructor(data) {
    this.data = data;
    this.duration = data.duration || 1;
    this.rows = nest(data.rows);
    this.toggled = new Set();
    this.path = pathBySpan(data.path);
    this.rowOfSpan = new Map();
    this.rows.forEach((row, index) => {
      if (!row.isGroup) this.rowOfSpan.set(row.spans[0], index);
    });
    this.spanOfId = new Map(data.columns[ID].map((id, span) => [id, span]));
  }

  get spanCount() {
    return this.data.columns[ID].length;
  }

  id(span) {
    return this.data.columns[ID][span];
  }

  name(span) {
    return this.data.names[this.data.columns[NAME][span]];
  }

  service(span) {
    return this.data.services[this.data.columns[SERVICE][span]];
  }

  color(span) {
    return this.data.columns[SERVICE][span] % this.data.colors;
  }

  statement(span) {
    const number = this.data.columns[STATEMENT][span];
    return number < 0 ? null : this.data.statements[number];
  }

  start(span) {
    return this.data.columns[START][span];
  }

  spanDuration(span) {
    return this.data.columns[DURATION][span];
  }

  isError(span) {
    return this.data.columns[IS_ERROR][span] === 1;
  }

  total(row) {
    return row.spans.reduce((sum, span) => sum + this.spanDuration(span), 0);
  }

  share(nano) {
    return nano / this.data.root;
  }

  pathTime(row) {
    let sum = 0;
    for (const span of row.spans) {
      for (const [, length] of this.path.get(span) ?? []) sum += length;
    }
    return sum;
  }

  hasInside(index) {
    return this.rows[index].next > index + 1;
  }

  isOpen(index) {
    return this.rows[index].isGroup === this.toggled.has(index);
  }

  toggle(index) {
    if (!this.hasInside(index)) return;
    if (!this.toggled.delete(index)) this.toggled.add(index);
  }

  // Returns the numbers of the visible rows, in order.
  visible() {
    const seen = [];
    for (let index = 0; index < this.rows.length; ) {
      seen.push(index);
      index = this.isOpen(index) ? index + 1 : this.rows[index].next;
    }
    return seen;
  }

  // Opens every row around a row.
  reveal(index) {
    for (let above = this.rows[index].parent; above >= 0; above = this.rows[above].parent) {
      if (!this.isOpen(above)) this.toggle(above);
    }
  }

  // Names a row in a way that lasts from one visit to the next.
  key(index) {
    return (this.rows[index].isGroup ? "x" : "") + this.id(this.rows[index].spans[0]);
  }

  indexOfKey(key) {
    if (!key.startsWith("x")) return this.rowOfSpan.get(this.spanOfId.get(key)) ?? -1;
    return this.rows.findIndex((_, index) => this.key(index) === key);
  }
}

function nest(flat) {
  const rows = flat.map(([depth, spans]) => ({
    depth,
    parent: -1,
    next: flat.length,
    isGroup: Array.isArray(spans),
    spans: Array.isArray(spans) ? spans : [spans],
  }));
  const above = [];
  rows.forEach((row, index) => {
    while (above.length && rows[above.at(-1)].depth >= row.depth) rows[above.pop()].next = index;
    row.parent = above.at(-1) ?? -1;
    above.push(index);
  });
  return rows;
}

function pathBySpan(flat) {
  const bySpan = new Map();
  for (let at = 0; at < flat.length; at += 3) {
    const parts = bySpan.get(flat[at]) ?? [];
    parts.push([flat[at + 1], flat[at + 2]]);
    bySpan.set(flat[at], parts);
  }
  return bySpan;
}
