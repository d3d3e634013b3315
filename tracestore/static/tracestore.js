// What the pages cannot do alone. Without it everything is still there, a click further away.

// A span's details are fetched when its row is first opened: most rows never are.
async function loadDetails(row) {
  const place = row.querySelector(":scope > .details");
  const source = row.dataset.src;
  delete row.dataset.src;
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    place.innerHTML = await response.text(); // escaped by the server's templates
  } catch (error) {
    row.dataset.src = source; // opening the row again tries again
    place.textContent = `Attributes could not be loaded: ${error.message}`;
  }
}

// `toggle` does not bubble: listen on the way down.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.open && event.target.dataset.src) loadDetails(event.target);
  },
  true,
);

// Arrow keys go from row to row; Enter and the space bar open one, as everywhere.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const here = event.target.closest?.(".waterfall summary");
  if (!step || !here) return;
  const rows = [...document.querySelectorAll(".waterfall summary")].filter((row) => row.checkVisibility());
  rows[rows.indexOf(here) + step]?.focus();
  event.preventDefault();
});

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

document.querySelector("[data-jump]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = event.target.elements.trace.value.trim();
  if (id) location.assign(`/trace/${encodeURIComponent(id)}`);
});
