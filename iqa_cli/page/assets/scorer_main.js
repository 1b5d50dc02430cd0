// The page that scores: where photographs are dropped, what waits, and the buttons above the cards.

const SUPPORTED = "DecompressionStream" in self && "OffscreenCanvas" in self && "WebAssembly" in self;
const state = make("p", { className: "count", role: "status" });
const stopButton = button("Stop", "", stop);
const csvButton = button("Copy as CSV", "", copyCsv);
let reference = null; // the file that photographs are compared with

function pictureInput(label, multiple, onFiles) {
  const input = make("input", { type: "file", accept: "image/*", multiple, className: "files" });
  input.setAttribute("aria-label", label);
  input.addEventListener("change", () => {
    onFiles([...input.files]);
    input.value = ""; // the same file can be chosen again
  });
  return input;
}

/** A field to drop files on or to choose them by. */
function dropField(title, hint, multiple, onFiles) {
  const input = pictureInput(title, multiple, onFiles);
  const told = make("span", { className: "hint", textContent: hint });
  const field = make("label", { className: "drop" }, make("strong", { textContent: title }), told, input);
  for (const kind of ["dragenter", "dragover"]) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.add("over");
    });
  }
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    onFiles([...event.dataTransfer.files]);
  });
  return { field, told };
}

function scoreFiles(files) {
  if (data.reference && !reference) {
    state.textContent = "First choose the reference that they are compared with.";
    return;
  }
  const made = files.map((file) => addCard(file, reference));
  cards.prepend(...made.map((each) => each.card)); // above those from before, in their own order
  enqueue(
    made.map(({ begin, part, done, failed }, place) => {
      return { file: files[place], reference, begin, onPart: part, onDone: done, onFailed: failed };
    }),
  );
}

work.onChange = () => {
  work.now?.begin();
  const left = work.waiting.length + (work.now ? 1 : 0);
  const scores = results.filter((entry) => entry.score !== null).length;
  state.textContent = left ? `${left} to score` : scores ? `${scores} scored` : "";
  stopButton.hidden = !left;
  csvButton.hidden = !results.length;
};

async function copyCsv() {
  try {
    await navigator.clipboard.writeText(asCsv());
    state.textContent = "Copied.";
  } catch {
    state.textContent = "This browser does not let the page copy.";
  }
}

function start() {
  const room = document.getElementById("scorer");
  if (!SUPPORTED) {
    room.append(make("p", { textContent: "This browser is too old for this page: it needs one of 2023 or newer." }));
    return;
  }
  const fields = make("div", { className: "drops" });
  if (data.reference) {
    const first = dropField("Reference", "The undistorted picture", false, ([file]) => {
      reference = file ?? reference;
      if (reference) first.told.replaceChildren(nameOf(reference.name));
    });
    fields.append(first.field);
  }
  const hint = "Drop them here, or press to choose. They stay in this browser.";
  fields.append(dropField(data.reference ? "Distorted pictures" : "Photographs", hint, true, scoreFiles).field);
  const legend = mapLegend();
  legend.hidden = true;
  const maps = checkbox("Where the model looked", showMaps, (chosen) => {
    showMaps = chosen;
    legend.hidden = !chosen;
    drawMaps();
  });
  const bar = make("div", { className: "controls" }, maps, legend, csvButton, stopButton, state);
  room.append(fields, bar, cards);
  work.onChange();
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault()); // not opened instead
  work.worker = startWorker(); // made ready while a photograph is looked for
  work.worker.catch((error) => {
    work.worker = null;
    state.textContent = `The model cannot be made ready: ${error.message}`;
  });
}

start();
