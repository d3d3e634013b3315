// Marks the traces that have findings, in the list and then in the chart over it. The page does not
// wait for them, and they are fetched one after another, so that the server has time for intake.

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

// Returns the worst finding of each class; the trace's page shows the others.
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
    return []; // the list is useful without marks too
  }
}

const places = [...document.querySelectorAll("[data-findings]")];
const dots = new Map(
  [...document.querySelectorAll("[data-judge]")].map((dot) => [dot.dataset.judge, dot]),
);

function colour(dot, findings) {
  dot?.classList.add(findings.length ? "finding" : "clean");
}

for (const place of places) {
  const address = place.dataset.findings;
  const findings = await findingsAt(address);
  place.append(...worstOfEach(findings).map(mark));
  colour(dots.get(address), findings);
  dots.delete(address);
}
for (const [address, dot] of dots) colour(dot, await findingsAt(address));
