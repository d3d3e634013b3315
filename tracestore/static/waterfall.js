// Draws the waterfall's visible rows, and responds to keys, clicks and drags.
//
// All rows have one height, so only those in sight have to exist: 25,000 spans cost as much as 50.

import { showDetails } from "./details.js";
import { count, duration } from "./format.js";
import { drawOverview, onDrag } from "./overview.js";
import { rowElement } from "./row.js";
import { Timeline } from "./timeline.js";
import { TraceModel } from "./trace-model.js";
import { readState, writeState } from "./view-state.js";

// On a phone a name has a line of its own, above its bar; the style sheet has the same widths.
const phone = matchMedia("(max-width: 720px)");
const rowHeight = () => (phone.matches ? 46 : 28);
const BEYOND_SIGHT = 8;
const MOST_ROWS_ON_PAGE = 22;
const MOST_ROWS_ON_PHONE = 12;
const mostRows = () => (phone.matches ? MOST_ROWS_ON_PHONE : MOST_ROWS_ON_PAGE);
const TYPING_MS = 180;

const $ = (selector) => document.querySelector(selector);

class Waterfall {
  constructor(data) {
    this.model = new TraceModel(data);
    this.timeline = new Timeline(this.model.duration);
    this.tree = $(".rows");
    this.scroller = $(".scroller");
    this.panel = $(".panel");
    this.find = "";
    this.matches = new Set();
    this.selected = -1;
  }

  restore() {
    const state = readState();
    if (state.zoom) this.timeline.show(...state.zoom);
    for (const key of state.toggled) {
      const index = this.model.indexOfKey(key);
      if (index >= 0) this.model.toggle(index);
    }
    const chosen = state.selected ? this.model.indexOfKey(state.selected) : -1;
    if (chosen >= 0) this.model.reveal(chosen);
    this.refresh();
    if (chosen >= 0) this.select(chosen, { details: true });
    if (state.find) {
      $("#find").value = state.find;
      this.search(state.find, { jump: chosen < 0 });
    }
  }

  // Updates everything: rows, axis, overview, address.
  refresh() {
    this.visible = this.model.visible();
    const height = this.visible.length * rowHeight();
    this.tree.style.height = `${height}px`;
    this.scroller.style.height = `${Math.min(height, mostRows() * rowHeight())}px`;
    this.drawAxis();
    this.drawOverview();
    $("[data-reset-zoom]").hidden = !this.timeline.isZoomed;
    this.draw();
    this.remember();
  }

  draw() {
    const top = Math.floor(this.scroller.scrollTop / rowHeight());
    const first = Math.max(top - BEYOND_SIGHT, 0);
    const last = top + Math.ceil(this.scroller.clientHeight / rowHeight()) + BEYOND_SIGHT;
    const rows = this.visible.slice(first, last).map((index, offset) => {
      const element = rowElement(this.model, this.timeline, index, first + offset, {
        isSelected: index === this.selected,
        isMatch: this.isMatch(index),
        found: this.matches.size > 0,
      });
      element.style.top = `${(first + offset) * rowHeight()}px`;
      return element;
    });
    this.tree.replaceChildren(...rows);
    const isDrawn = this.tree.querySelector(`#row-${this.selected}`) !== null;
    if (isDrawn) this.tree.setAttribute("aria-activedescendant", `row-${this.selected}`);
    else this.tree.removeAttribute("aria-activedescendant");
  }

  drawAxis() {
    const ticks = this.timeline.ticks(4).map((nano) => {
      const tick = document.createElement("span");
      tick.textContent = nano ? duration(nano) : "0";
      return tick;
    });
    $(".ticks").replaceChildren(...ticks);
    $(".axis > .number").textContent = duration(this.timeline.to * this.model.duration);
  }

  drawOverview() {
    drawOverview($(".overview"), this.model, this.timeline);
  }

  remember() {
    writeState({
      find: this.find,
      timeline: this.timeline,
      selected: this.selected < 0 ? "" : this.model.key(this.selected),
      toggled: [...this.model.toggled].map((index) => this.model.key(index)),
    });
  }

  isMatch(index) {
    return this.model.rows[index].spans.some((span) => this.matches.has(span));
  }

  select(index, { details = false } = {}) {
    this.selected = index;
    this.bringIntoSight(index);
    this.draw();
    this.remember();
    if (details || !this.panel.hidden) {
      showDetails(this.panel, this.model, index, () => this.closeDetails());
    }
  }

  bringIntoSight(index) {
    const top = this.visible.indexOf(index) * rowHeight();
    const room = this.scroller.clientHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + rowHeight() > this.scroller.scrollTop + room) {
      this.scroller.scrollTop = top + rowHeight() - room;
    }
  }

  closeDetails() {
    this.panel.hidden = true;
    this.tree.focus();
  }

  toggle(index) {
    this.model.toggle(index);
    this.refresh();
  }

  move(step) {
    const at = this.visible.indexOf(this.selected);
    const to = Math.min(Math.max(at + step, 0), this.visible.length - 1);
    this.select(this.visible[at < 0 ? 0 : to]);
  }

  open() {
    if (this.model.hasInside(this.selected) && !this.model.isOpen(this.selected)) {
      this.toggle(this.selected);
    } else {
      this.move(1);
    }
  }

  close() {
    if (this.model.hasInside(this.selected) && this.model.isOpen(this.selected)) {
      this.toggle(this.selected);
    } else if (this.model.rows[this.selected].parent >= 0) {
      this.select(this.model.rows[this.selected].parent);
    }
  }

  zoom(change) {
    change(this.timeline);
    this.refresh();
  }

  async search(text, { jump = true } = {}) {
    this.find = text;
    this.matches = new Set();
    const said = $("[data-found]");
    said.textContent = "";
    if (text) {
      const ids = await findSpans(text);
      if (this.find !== text) return; // the text has changed since
      if (ids === null) {
        said.textContent = "search failed: try again";
        return;
      }
      this.matches = new Set(ids.map((id) => this.model.spanOfId.get(id)));
      said.textContent = `${count(ids.length)} of ${count(this.model.spanCount)}`;
    }
    this.draw();
    this.remember();
    const isThere = this.selected >= 0 && this.isMatch(this.selected);
    if (jump && this.matches.size && !isThere) {
      const first = this.visible.find((index) => this.isMatch(index));
      if (first !== undefined) this.select(first);
    }
  }

  // Shows a span by its id, and opens the folded row around it.
  showSpan(id) {
    const index = this.model.indexOfKey(id);
    if (index < 0) return;
    this.model.reveal(index);
    this.refresh();
    const above = this.model.rows[index].parent;
    this.select(above >= 0 && this.model.rows[above].isGroup ? above : index);
  }

  // Selects the next span that matches, also inside folded rows.
  step(direction) {
    const rows = this.model.rows;
    for (let n = 1; n <= rows.length; n += 1) {
      const index = (this.selected + direction * n + 2 * rows.length) % rows.length;
      if (rows[index].isGroup || !this.isMatch(index)) continue;
      this.model.reveal(index);
      this.refresh();
      this.select(index);
      return;
    }
  }
}

// Returns the ids of the spans that contain a text; null if the server fails.
async function findSpans(text) {
  try {
    const response = await fetch(`${location.pathname}/matches?find=${encodeURIComponent(text)}`);
    return response.ok ? (await response.json()).spans : null;
  } catch {
    return null;
  }
}

function listen(waterfall) {
  const keys = {
    ArrowDown: () => waterfall.move(1),
    ArrowUp: () => waterfall.move(-1),
    PageDown: () => waterfall.move(mostRows()),
    PageUp: () => waterfall.move(-mostRows()),
    Home: () => waterfall.select(waterfall.visible[0]),
    End: () => waterfall.select(waterfall.visible.at(-1)),
    ArrowRight: () => waterfall.open(),
    ArrowLeft: () => waterfall.close(),
    Enter: () => waterfall.select(waterfall.selected, { details: true }),
    " ": () => waterfall.toggle(waterfall.selected),
  };
  const everywhere = {
    "/": () => $("#find").focus(),
    n: () => waterfall.step(1),
    N: () => waterfall.step(-1),
    "+": () => waterfall.zoom((timeline) => timeline.zoom(0.5)),
    "-": () => waterfall.zoom((timeline) => timeline.zoom(2)),
    "<": () => waterfall.zoom((timeline) => timeline.pan(-0.25)),
    ">": () => waterfall.zoom((timeline) => timeline.pan(0.25)),
    0: () => waterfall.zoom((timeline) => timeline.show(0, 1)),
    Escape: () => waterfall.closeDetails(),
  };
  waterfall.tree.addEventListener("focus", () => {
    if (waterfall.selected < 0) waterfall.select(waterfall.visible[0]);
  });
  waterfall.tree.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (waterfall.selected < 0) waterfall.selected = waterfall.visible[0];
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea")) return;
    if (!everywhere[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    everywhere[event.key]();
  });
  // This comes before the focus, which would select the first row.
  waterfall.tree.addEventListener("mousedown", (event) => {
    const row = event.target.closest(".row");
    if (row) waterfall.selected = Number(row.dataset.index);
  });
  waterfall.tree.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row) return;
    const index = Number(row.dataset.index);
    const isFold = waterfall.model.rows[index].isGroup || event.target.matches(".arrow");
    if (isFold) waterfall.toggle(index);
    waterfall.select(index, { details: true });
  });
  waterfall.scroller.addEventListener("scroll", () => requestAnimationFrame(() => waterfall.draw()));
  phone.addEventListener("change", () => waterfall.refresh());
  // The panel changes the width too.
  new ResizeObserver(() => waterfall.drawOverview()).observe($(".overview"));
  listenToTools(waterfall);
}

function listenToTools(waterfall) {
  const field = $("#find");
  let typing = 0;
  field.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => waterfall.search(field.value.trim()), TYPING_MS);
  });
  $(".find").addEventListener("submit", (event) => {
    event.preventDefault();
    waterfall.step(1);
  });
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => waterfall.step(Number(button.dataset.step)));
  }
  for (const link of document.querySelectorAll("[data-find]")) {
    link.addEventListener("click", () => {
      field.value = link.dataset.find;
      waterfall.search(field.value);
    });
  }
  for (const link of document.querySelectorAll("[data-show-span]")) {
    link.addEventListener("click", () => waterfall.showSpan(link.dataset.showSpan));
  }
  $("[data-reset-zoom]").addEventListener("click", () =>
    waterfall.zoom((timeline) => timeline.show(0, 1)),
  );
  $("[data-help]").addEventListener("click", (event) => {
    const help = $("#help");
    help.hidden = !help.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!help.hidden));
  });
  onDrag($(".overview"), (from, to) => waterfall.zoom((timeline) => timeline.show(from, to)));
  onDrag($(".ticks"), (from, to) =>
    waterfall.zoom((timeline) => timeline.show(timeline.whole(from), timeline.whole(to))),
  );
}

const waterfall = new Waterfall(JSON.parse($("#trace-data").textContent));
listen(waterfall);
waterfall.restore();
document.documentElement.dataset.ready = "";
