// Keeps the view in the address: a link opens with the same rows and the same stretch of time.
//
//   ?fold=runs&find=cat&zoom=0.1-0.25&span=ID&toggled=ID,xID
//
// Jaeger's name for the search text, uiFind, is read as well.

export function readState() {
  const query = new URLSearchParams(location.search);
  const zoom = (query.get("zoom") ?? "").split("-").map(Number);
  return {
    find: query.get("find") ?? query.get("uiFind") ?? "",
    zoom: zoom.length === 2 && zoom.every(Number.isFinite) ? zoom : null,
    selected: query.get("span"),
    toggled: (query.get("toggled") ?? "").split(",").filter(Boolean),
  };
}

export function writeState({ find, timeline, selected, toggled }) {
  const query = new URLSearchParams(location.search);
  const put = (name, value) => (value ? query.set(name, value) : query.delete(name));
  query.delete("uiFind");
  put("find", find);
  put("zoom", timeline.isZoomed ? `${short(timeline.from)}-${short(timeline.to)}` : "");
  put("span", selected);
  put("toggled", toggled.join(","));
  history.replaceState(null, "", `${location.pathname}?${query}${location.hash}`);
  for (const link of document.querySelectorAll("a[data-keep]")) keepState(link, query);
}

// Keeps in a link to another folding what does not depend on the folding.
function keepState(link, query) {
  const own = new URLSearchParams(link.search);
  for (const name of ["find", "zoom", "span"]) {
    if (query.get(name)) own.set(name, query.get(name));
    else own.delete(name);
  }
  link.search = own;
}

function short(share) {
  return String(Number(share.toFixed(7)));
}
