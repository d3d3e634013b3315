// Serves every page: forms that submit on change, and the bar that compares two chosen traces.

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// Exactly two traces can be compared: the bar stays in sight from the first one on.
const boxes = [...document.querySelectorAll("[data-compare]")];
const bar = document.querySelector("[data-chosen]");

function showChosen() {
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.disabled = chosen.length >= 2 && !box.checked;
  bar.hidden = chosen.length === 0;
  bar.querySelector("[data-compare-button]").disabled = chosen.length !== 2;
  bar.querySelector("[data-chosen-count]").textContent =
    chosen.length === 1 ? "1 chosen · tick another" : `${chosen.length} chosen`;
}

for (const box of boxes) box.addEventListener("change", showChosen);
bar?.querySelector("[data-choose-none]").addEventListener("click", () => {
  for (const box of boxes) box.checked = false;
  showChosen();
});
// A browser that goes back restores the ticks.
addEventListener("pageshow", () => bar && showChosen());
