// Runs in the head, before anything is drawn. "auto" leaves the choice to the system.
(() => {
  "use strict";

  const KEY = "iqa-theme";
  const THEMES = ["auto", "light", "dark"];
  const root = document.documentElement;

  function remembered() {
    try {
      return localStorage.getItem(KEY); // a page opened as a file may be refused this
    } catch {
      return null;
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice lasts as long as the page.
    }
  }

  const stored = remembered();
  root.dataset.theme = THEMES.includes(stored) ? stored : "auto";

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const label = () => (button.textContent = `Theme: ${root.dataset.theme}`);
    button.addEventListener("click", () => {
      root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
      remember(root.dataset.theme);
      label();
    });
    label();
    button.hidden = false;
  });
})();
