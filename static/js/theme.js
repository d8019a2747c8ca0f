// Sets the theme before the first paint, so this file is classic and blocking.
// Pages that draw with colours listen for "themechange" on document.
(() => {
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem("theme") ?? "system";
    } catch {
      return "system";
    }
  };

  const show = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  };

  const choose = (choice) => {
    try {
      if (choice === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    } catch {
      // Storage is blocked: the choice lasts until the next page.
    }
    show(choice);
  };

  show(stored());
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
  });
  addEventListener("storage", (event) => {
    if (event.key === "theme") show(stored());
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(stored()));
})();
