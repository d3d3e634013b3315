// Draws the whole trace as a strip, and shades what the zoom leaves out.

const MOST_BARS = 4000;

export function drawOverview(canvas, model, timeline) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const colors = getComputedStyle(canvas);
  const deepest = Math.min(Math.max(...model.rows.slice(0, 2000).map((row) => row.depth)), 8) + 1;
  const line = (height - 6) / deepest;
  const step = Math.ceil(model.rows.length / MOST_BARS);
  for (let index = 0; index < model.rows.length; index += step) {
    const row = model.rows[index];
    const isStatement = model.statement(row.spans[0]) !== null;
    context.fillStyle = colors.getPropertyValue(isStatement ? "--statement" : "--other");
    const top = 3 + Math.min(row.depth, deepest - 1) * line;
    for (const span of row.isGroup ? [] : row.spans) {
      const left = (width * model.start(span)) / model.duration;
      const length = Math.max((width * model.spanDuration(span)) / model.duration, 0.6);
      context.fillRect(left, top, length, Math.max(line - 1, 1));
    }
  }
  if (!timeline.isZoomed) return;
  context.fillStyle = colors.getPropertyValue("--shade");
  context.fillRect(0, 0, width * timeline.from, height);
  context.fillRect(width * timeline.to, 0, width, height);
}

// Calls back after a drag over an element, with both ends as shares of its width.
export function onDrag(element, callback) {
  let start = null;
  const share = (event) => {
    const box = element.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  element.addEventListener("pointerdown", (event) => {
    start = share(event);
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  element.addEventListener("pointerup", (event) => {
    const end = share(event);
    if (start !== null && Math.abs(end - start) > 0.004) callback(start, end);
    start = null;
  });
}
