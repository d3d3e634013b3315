// Shows the details of the selected row in the panel next to the waterfall.

import { count, duration, percent } from "./format.js";
import { part } from "./row.js";

export async function showDetails(panel, model, index, onClose) {
  const row = model.rows[index];
  const body = document.createElement("div");
  body.className = "panel-body";
  panel.replaceChildren(head(model, row, onClose), body);
  panel.hidden = false;
  panel.dataset.row = String(index);
  if (row.isGroup) {
    body.append(...groupDetails(model, row));
    return;
  }
  const id = model.id(row.spans[0]);
  body.textContent = "…";
  try {
    const response = await fetch(`${location.pathname}/spans/${id}`);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const html = await response.text(); // escaped by the server's templates
    if (panel.dataset.row === String(index)) body.innerHTML = html;
  } catch (error) {
    body.textContent = `Attributes could not be loaded (${error.message}). Select the row again.`;
  }
}

function head(model, row, onClose) {
  const element = document.createElement("div");
  element.className = "panel-head";
  const title = document.createElement("h3");
  title.append(part("service", model.service(row.spans[0])), " ", model.name(row.spans[0]));
  if (row.isGroup) title.append(` × ${count(row.spans.length)}`);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "plain";
  close.textContent = "×";
  close.setAttribute("aria-label", "Close details");
  close.addEventListener("click", onClose);
  element.append(title, close);
  return element;
}

function groupDetails(model, row) {
  const lengths = row.spans.map((span) => model.spanDuration(span)).sort((a, b) => a - b);
  const total = model.total(row);
  const at = (share) => lengths[Math.min(Math.floor(share * lengths.length), lengths.length - 1)];
  const facts = [
    ["Count", count(row.spans.length)],
    ["Total", `${duration(total)} · ${percent(model.share(total))}`],
    ["On the critical path", duration(model.pathTime(row))],
    ["Mean", duration(total / row.spans.length)],
    ["Shortest", duration(lengths[0])],
    ["Median", duration(at(0.5))],
    ["95th percentile", duration(at(0.95))],
    ["Longest", duration(lengths.at(-1))],
  ];
  const list = document.createElement("dl");
  list.className = "attributes";
  for (const [name, value] of facts) {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }
  const statement = model.statement(row.spans[0]);
  if (statement === null) return [list];
  const sql = document.createElement("pre");
  sql.className = "sql";
  sql.textContent = statement;
  return [sql, list];
}
