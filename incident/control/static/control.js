// Let the page grow by what the replay sends, and its buttons answer without a reload.

const MOST_RETRIES_UNSEEN = 1;
let failures = 0;

function grow(id, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  let held = document.getElementById(id);
  if (!held) {
    held = document.createElement("div");
    held.id = id;
    document.getElementById("control-story").append(held);
  }
  mendChildren(held, fresh.content);
}

// What stays keeps its element: focus, selection, an opened <details> and scrolling with it.
function mendChildren(held, fresh) {
  const olds = [...held.childNodes];
  const news = [...fresh.childNodes];
  news.forEach((node, place) => {
    const old = olds[place];
    if (!old) held.append(node);
    else if (old.nodeName !== node.nodeName || old.id !== node.id) old.replaceWith(node);
    else if (node.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== node.data) old.data = node.data;
    } else {
      mendAttributes(old, node);
      mendChildren(old, node);
    }
  });
  olds.slice(news.length).forEach((old) => old.remove());
}

function mendAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) {
      old.removeAttribute(name);
    }
  }
}

function listen() {
  const source = new EventSource("/events");
  source.addEventListener("open", () => lost(false));
  source.addEventListener("error", () => lost(true));
  source.addEventListener("hello", (event) => {
    if (JSON.parse(event.data).page !== document.body.dataset.page) location.reload();
  });
  source.addEventListener("fragments", (event) => {
    for (const [id, html] of Object.entries(JSON.parse(event.data))) grow(id, html);
    document.documentElement.dataset.live = "";
  });
}

function lost(is) {
  failures = is ? failures + 1 : 0;
  document.getElementById("control-lost").hidden = failures <= MOST_RETRIES_UNSEEN;
}

async function ask(form, button) {
  const told = document.getElementById("control-told");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form, button)),
    });
    const said = await answer.json();
    told.textContent = answer.ok ? `Asked for ${said.asked}.` : `Not done: ${said.error}`;
    told.classList.toggle("control-lost", !answer.ok);
    if (answer.ok) form.reset();
  } catch {
    told.textContent = "Not done: the replay does not answer.";
    told.classList.add("control-lost");
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(event.target, event.submitter);
});
listen();
