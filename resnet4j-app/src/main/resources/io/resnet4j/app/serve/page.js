"use strict";
const at = (id) => document.getElementById(id);
let pictureUrl = "";
let heatUrl = "";
let last = null;
let turn = 0;

function headers() {
  return at("key").value ? { Authorization: "Bearer " + at("key").value } : {};
}

function say(text, bad) {
  at("status").textContent = text;
  at("status").classList.toggle("error", Boolean(bad));
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: headers() });
  const body = await answer.json().catch(() => ({ error: "status " + answer.status }));
  if (answer.status === 401) {
    at("key-row").hidden = false;
    at("key").focus();
  }
  if (!answer.ok) throw new Error(body.error);
  return body;
}

async function describe() {
  const name = at("model").value;
  if (!name) return;
  const model = await ask("v2/models/" + name);
  const shape = model.inputs[0].shape;
  at("network").textContent =
    `${model.parameters.network}, ${model.outputs[0].shape[1]} classes, ` +
    `sees ${shape[3]} x ${shape[2]} pixels, computes in ${model.parameters.precision}`;
  offer(model.parameters.explanations);
}

function offer(explanations) {
  const choices = [...at("explain").options];
  for (const choice of choices) {
    choice.hidden = choice.disabled = choice.value !== "" && !explanations.includes(choice.value);
  }
  if (at("explain").selectedOptions[0]?.disabled) {
    at("explain").value = choices.find((choice) => !choice.disabled).value;
  }
  at("explain").parentElement.hidden = explanations.length === 0;
}

async function models() {
  const server = await ask("v2");
  at("model").replaceChildren(...server.models.map((name) => new Option(name, name)));
  await describe();
  say("");
}

function row(each) {
  const item = document.createElement("li");
  const name = document.createElement("div");
  name.className = "name";
  const label = document.createElement("span");
  label.textContent = each.class;
  const share = document.createElement("span");
  share.textContent = (100 * each.probability).toFixed(1) + " %";
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = each.probability;
  bar.setAttribute("aria-hidden", "true");
  name.append(label, share);
  item.append(name, bar);
  return item;
}

function paint() {
  const heat = at("show").checked && heatUrl;
  at("picture").src = heat ? heatUrl : pictureUrl;
  at("picture").alt = heat ? "the picture with its heat map" : "the picture";
  at("show").parentElement.parentElement.hidden = !heatUrl;
}

async function classify(file) {
  last = file;
  const mine = ++turn;
  say("Looking at " + (file.name || "the picture") + " …");
  const query = new URLSearchParams({ model: at("model").value, top: "5" });
  if (at("explain").value) query.set("explain", at("explain").value);
  try {
    const answer = await ask("predict?" + query, { method: "POST", body: file });
    if (mine !== turn) return;
    if (pictureUrl) URL.revokeObjectURL(pictureUrl);
    pictureUrl = URL.createObjectURL(file);
    heatUrl = answer.heatmap || "";
    at("top").replaceChildren(...answer.top.map(row));
    at("time").textContent =
      `${answer.milliseconds} ms on the server, model ${answer.model} version ${answer.version}`;
    at("result").hidden = false;
    paint();
    say("It is most likely: " + answer.top[0].class);
  } catch (problem) {
    if (mine === turn) say(problem.message, true);
  }
}

const again = () => last && classify(last);
const failed = (problem) => say(problem.message, true);
at("file").addEventListener("change", () => {
  if (at("file").files[0]) classify(at("file").files[0]);
  at("file").value = "";
});
at("form").addEventListener("submit", (event) => event.preventDefault());
at("model").addEventListener("change", () => describe().then(again).catch(failed));
at("explain").addEventListener("change", again);
at("show").addEventListener("change", paint);
at("key").addEventListener("change", () => models().then(again).catch(failed));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) classify(event.dataTransfer.files[0]);
  });
}
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (file) classify(file);
});
models().catch(failed);
