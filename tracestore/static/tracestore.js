// Serves every page: forms that submit on change, and the way to a trace by its id.

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

document.querySelector("[data-jump]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = event.target.elements.trace.value.trim();
  if (id) location.assign(`/trace/${encodeURIComponent(id)}`);
});

// Exactly two traces can be compared.
const chosen = document.querySelectorAll("[data-compare]");
const compare = document.querySelector("[data-compare-button]");
for (const box of chosen) {
  box.addEventListener("change", () => {
    const checked = [...chosen].filter((other) => other.checked);
    for (const other of chosen) other.disabled = checked.length >= 2 && !other.checked;
    compare.disabled = checked.length !== 2;
  });
}
