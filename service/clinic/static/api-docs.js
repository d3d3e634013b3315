// Starts the viewer of /api/docs: a file of its own, because the page allows no inline script.
// The viewer has dark colours, and asks the page to say when.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const target = document.getElementById("swagger-ui");
SwaggerUIBundle({ url: target.dataset.document, domNode: target, deepLinking: true });
