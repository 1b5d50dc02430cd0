// The few kinds of controls the page has, each with its name beside it.

function button(text, label, onClick) {
  const element = make("button", { type: "button", textContent: text });
  if (label) element.setAttribute("aria-label", label);
  if (label) element.title = label;
  element.addEventListener("click", onClick);
  return element;
}

/** A group of buttons of which one is pressed; `set` presses without calling `onPick`. */
function segmented(label, options, onPick) {
  const buttons = options.map(([value, text]) => [value, button(text, "", () => onPick(value))]);
  const element = make("div", { className: "segments", role: "group", "aria-label": label });
  element.append(...buttons.map(([, each]) => each));
  return {
    element,
    set(chosen) {
      for (const [value, each] of buttons) each.setAttribute("aria-pressed", String(value === chosen));
    },
    enable(value, enabled) {
      buttons.find(([each]) => each === value)[1].disabled = !enabled;
    },
  };
}

/** A select with its label; options are pairs of a value and a text, values stay what they are. */
function choice(label, options, onChange) {
  const select = make("select");
  select.append(...options.map(([, text]) => make("option", { textContent: text })));
  select.addEventListener("change", () => onChange(options[select.selectedIndex][0]));
  const name = make("span", { textContent: label });
  return {
    element: make("label", { className: "field" }, name, select),
    rename(text) {
      name.textContent = text;
    },
    set(value) {
      select.selectedIndex = options.findIndex(([each]) => each === value);
    },
    enable(isEnabled) {
      options.forEach(([value], place) => (select.options[place].disabled = !isEnabled(value)));
    },
  };
}

function slider(label, value, onInput) {
  const input = make("input", { type: "range", min: "0", max: "100", step: "1", value: String(value * 100) });
  input.addEventListener("input", () => onInput(input.valueAsNumber / 100));
  return {
    element: make("label", { className: "field" }, make("span", { textContent: label }), input),
    set(next) {
      input.value = String(Math.round(next * 100));
    },
  };
}

function checkbox(text, checked, onChange) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onChange(input.checked));
  return make("label", { className: "check" }, input, nameOf(text));
}
