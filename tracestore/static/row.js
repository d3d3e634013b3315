// Makes the element of one row. Texts are set as text: nothing that a span says becomes markup.

import { count, duration, percent } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

export function rowElement(model, timeline, index, position, { isSelected, isMatch, found }) {
  const row = model.rows[index];
  const span = row.spans[0];
  const element = document.createElement("div");
  element.className = "row";
  element.id = `row-${index}`;
  element.setAttribute("role", "treeitem");
  element.setAttribute("aria-level", String(row.depth + 1));
  element.setAttribute("aria-selected", String(isSelected));
  element.dataset.index = String(index);
  element.dataset.spanRow = "";
  if (row.isGroup) element.dataset.fold = "";
  if (model.hasInside(index)) element.setAttribute("aria-expanded", String(model.isOpen(index)));
  element.classList.toggle("match", isMatch);
  element.classList.toggle("dimmed", found && !isMatch);
  element.append(
    label(model, row, index),
    part("service", model.service(span)),
    bar(model, timeline, row),
    part("number", duration(row.isGroup ? model.total(row) : model.spanDuration(span))),
  );
  return element;
}

function label(model, row, index) {
  const span = row.spans[0];
  const element = part("label", "");
  element.style.paddingLeft = `${Math.min(row.depth, 14) * 0.9}rem`;
  const arrow = part("arrow", model.hasInside(index) ? (model.isOpen(index) ? "▾" : "▸") : "");
  const dot = part(`dot color-${model.color(span)}`, "");
  element.append(arrow, dot);
  if (row.isGroup) {
    const total = model.total(row);
    const text = part("text strong", "");
    text.append(part("name", model.name(span)), part("times", ` × ${count(row.spans.length)}`));
    element.append(
      text,
      part("quiet", `${duration(total)} · ${percent(model.share(total))}`),
    );
  } else {
    element.append(part("text", model.name(span)));
  }
  const errors = row.spans.filter((member) => model.isError(member)).length;
  if (errors) element.append(part("bad", errors > 1 ? `${count(errors)} errors` : "error"));
  element.title = model.statement(span) ?? model.name(span);
  return element;
}

function bar(model, timeline, row) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `bar ${model.statement(row.spans[0]) === null ? "other" : "statement"}`);
  svg.setAttribute("role", "presentation");
  const stretches = row.spans.map((span) => [model.start(span), model.spanDuration(span)]);
  const segments = timeline.segments(stretches.sort((one, other) => one[0] - other[0]));
  if (row.isGroup && segments.length) {
    const left = segments[0][0];
    const right = Math.max(...segments.map(([start, width]) => start + width));
    svg.append(rectangle("extent", left, right - left, "0", "100%"));
  }
  for (const [left, width] of segments) svg.append(rectangle("", left, width, "0", "100%"));
  const waited = row.spans.flatMap((span) => model.path.get(span) ?? []);
  for (const [left, width] of timeline.segments(waited.sort((one, other) => one[0] - other[0]))) {
    svg.append(rectangle("path", left, width, "80%", "20%"));
  }
  return svg;
}

function rectangle(kind, left, width, y, height) {
  const element = document.createElementNS(SVG, "rect");
  if (kind) element.setAttribute("class", kind);
  element.setAttribute("x", `${(100 * Math.min(left, 0.998)).toFixed(3)}%`);
  element.setAttribute("width", `${(100 * Math.max(width, 0.002)).toFixed(3)}%`);
  element.setAttribute("y", y);
  element.setAttribute("height", height);
  return element;
}

export function part(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
