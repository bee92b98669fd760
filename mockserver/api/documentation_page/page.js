"use strict";
const here = document.currentScript.src;

// Swagger UI has colours for both modes, but asks nobody which one is wanted.
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", colour);
colour();

// An example of a filter is no value of this mock's data: with all of them filled in, every list would be empty.
function withoutExamples(api) {
  for (const path of Object.values(api.paths)) {
    for (const operation of Object.values(path)) {
      for (const parameter of operation.parameters ?? []) {
        const shared = parameter.$ref && api.components.parameters[parameter.$ref.split("/").pop()];
        const described = shared || parameter;
        if (described.in === "query") delete described.example;
      }
    }
  }
  return api;
}

// The guide's command asks the API; on this page it asks the mock.
function askingHere(api) {
  const [own, ...others] = api.servers;
  for (const tag of api.tags) {
    for (const other of others) tag.description = tag.description.replaceAll(`curl ${other.url}/`, `curl ${own.url}/`);
  }
  return api;
}

// Who may see the console is shown a key there, so the page may use it, too.
async function presentKey(ui) {
  const answer = await fetch(new URL("../admin/key", here), {redirect: "error"});
  if (!answer.ok) return;
  const key = await answer.json();
  ui.preauthorizeApiKey("bearerAuth", key.secret);
  const note = document.getElementById("key");
  note.textContent = `Requests from this page present the key “${key.name}” of ${key.organization}.`;
  note.hidden = false;
}

async function show() {
  const api = await (await fetch(new URL("openapi.json", here))).json();
  const ui = SwaggerUIBundle({
    spec: askingHere(withoutExamples(api)),
    dom_id: "#page",
    validatorUrl: null,
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    onComplete: () => presentKey(ui).catch(() => {}),
  });
}

show();
