// One card for each photograph: the picture with its map, the score, what it means, and how it came about.

const results = []; // { name, score, words, percent, width, height, error }
const cards = make("div", { className: "cards", role: "list", "aria-label": "Scores" });
let showMaps = false;

/** A card that waits; `done` and `failed` fill it in. */
function addCard(file, reference) {
  const entry = { name: file.name, reference: reference?.name ?? "", score: null, error: "" };
  results.push(entry);
  const picture = make("img", { alt: "", draggable: false, loading: "lazy", decoding: "async" });
  const address = URL.createObjectURL(file);
  const box = make("div", { className: "picture" }, picture);
  picture.addEventListener("error", () => box.remove()); // its reason stands below
  picture.src = address;
  const told = make("div", { className: "told" }, make("p", { className: "name", title: file.name }, nameOf(file.name)));
  const state = make("p", { className: "words", role: "status", textContent: "waits" });
  told.append(state);
  const card = make("article", { className: "result", role: "listitem" }, box, told);
  return {
    card,
    part({ done, of }) {
      state.textContent = `${done} of ${counted(of, "crop")}`;
    },
    begin() {
      state.textContent = "is scored …";
      entry.began = performance.now();
    },
    done(answer) {
      Object.assign(entry, answer, { words: levelOf(answer.score), percent: amongPhotographs(answer.score) });
      state.remove();
      fill(told, entry);
      if (answer.map) box.append(mapCanvas(answer.map, answer.width, answer.height));
      drawMaps();
    },
    failed(reason) {
      entry.error = reason;
      state.textContent = reason;
      state.classList.add("failed");
    },
  };
}

function fill(told, entry) {
  const score = make("strong", { className: "score", textContent: shown(entry.score, data) });
  score.dataset.score = String(entry.score);
  told.append(make("p", {}, score, ` ${entry.words}`));
  if (entry.percent) told.append(make("p", { className: "words", textContent: entry.percent }));
  if (entry.probabilities) told.append(levels(entry.probabilities));
  const facts = [`${entry.width} × ${entry.height}`, entry.crops && counted(entry.crops, "crop"), entry.reference && `against ${entry.reference}`];
  const seconds = `${((performance.now() - entry.began) / 1000).toFixed(1)} s`;
  told.append(make("p", { className: "words", textContent: [...facts, seconds].filter(Boolean).join(" · ") }));
}

/** How sure the model is: a bar for each of the five levels. */
function levels(probabilities) {
  const list = make("dl", { className: "levels" });
  for (const [place, share] of probabilities.entries()) {
    const bar = make("span", { className: "bar-of" });
    bar.style.width = `${Math.max(share * 100, 0.5)}%`;
    const percent = make("span", { className: "share", textContent: `${Math.round(share * 100)} %` });
    const row = make("div", {}, make("dt", { textContent: data.words[place] ?? String(place + 1) }), make("dd", {}, bar), percent);
    list.prepend(row); // the best level on top
  }
  return list;
}

function drawMaps() {
  cards.classList.toggle("mapped", showMaps);
}

/** The rows as `iqa score` writes them, to paste into a table. */
function asCsv() {
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const columns = data.reference ? ["reference", "distorted"] : ["image"];
  const rows = results.map((entry) => {
    const names = data.reference ? [entry.reference, entry.name] : [entry.name];
    const score = entry.score === null ? "" : entry.score.toPrecision(7).replace(/\.?0+$/, "");
    return [...names, score, entry.error ? "error" : "ok", entry.error].map(cell).join(",");
  });
  return [[...columns, data.model, "status", "error"].join(","), ...rows].join("\n") + "\n";
}
