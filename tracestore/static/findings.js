// Marks in the list: what is wrong with a trace, asked for once the list is there, so that the
// list does not wait. One trace after another: whoever sends spans has the server as well.

import { count } from "./format.js";

const table = document.querySelector("[data-class-names]");
const classNames = JSON.parse(table?.dataset.classNames ?? "{}");

function mark(finding) {
  const element = document.createElement("span");
  element.className = "mark";
  element.textContent = `${classNames[finding.class] ?? finding.class} × ${count(finding.repeats.max)}`;
  element.title = `${finding.route}\n${finding.statement}\n${finding.advice}`;
  return element;
}

// The worst of each class: one look says what it is, the trace's page says the rest.
function worstOfEach(findings) {
  const seen = new Map();
  for (const finding of findings) {
    const known = seen.get(finding.class);
    if (!known || known.repeats.max < finding.repeats.max) seen.set(finding.class, finding);
  }
  return [...seen.values()];
}

async function findingsAt(address) {
  try {
    const response = await fetch(address);
    return response.ok ? (await response.json()).findings : [];
  } catch {
    return []; // a list without marks is a list all the same
  }
}

for (const place of document.querySelectorAll("[data-findings]")) {
  place.append(...worstOfEach(await findingsAt(place.dataset.findings)).map(mark));
}
