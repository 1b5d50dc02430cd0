// The names to keep, to copy from here into a shell or a program: nothing is moved or deleted by the page.

const namesBox = make("textarea", { readOnly: true, spellcheck: false, rows: 12, "aria-label": "Names to keep, one a line" });
const namesTold = make("p", { className: "caption", role: "status" });
const namesDialog = make("dialog", { className: "names", "aria-labelledby": "names-title" });

function makeNames() {
  const copy = button("Copy", "", copyNames);
  const close = button("Close", "", () => namesDialog.close());
  namesDialog.append(
    make("h2", { id: "names-title", textContent: "Names to keep" }),
    namesTold,
    namesBox,
    make("div", { className: "group" }, copy, close),
  );
  return namesDialog;
}

function openNames() {
  const kept = photos.filter((_, place) => keep.has(place));
  const spelt = kept.filter((photo) => !photo.whole).length;
  namesBox.value = kept.map((photo) => photo.name).join("\n");
  namesTold.textContent = `${counted(kept.length, "name")}, one a line, as they were given`;
  namesTold.textContent += spelt
    ? `, but for ${spelt} that no text can hold, spelt out here: iqa rank --keep-best --null writes names whole.`
    : ".";
  namesDialog.showModal();
  namesBox.focus();
  namesBox.select();
  namesBox.scrollTop = 0;
}

async function copyNames() {
  namesBox.select();
  try {
    await navigator.clipboard.writeText(namesBox.value);
    namesTold.textContent = "Copied.";
  } catch {
    // A browser that refuses a page opened as a file its clipboard still copies what is selected.
    namesTold.textContent = document.execCommand("copy") ? "Copied." : "Press Ctrl+C to copy what is selected.";
  }
}
