// Starts the viewer of /api/docs: a file of its own, because the page allows no inline script.
const target = document.getElementById("swagger-ui");
SwaggerUIBundle({ url: target.dataset.document, domNode: target, deepLinking: true });
