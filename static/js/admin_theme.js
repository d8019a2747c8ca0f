// The admin's theme is the site's: a choice on either side counts on both. Classic and blocking,
// so that it comes before Unfold's own script, which reads "adminTheme".
(() => {
  const SITE = "theme";
  const ADMIN = "adminTheme";

  try {
    localStorage.setItem(ADMIN, JSON.stringify(localStorage.getItem(SITE) ?? "auto"));
    document.addEventListener("alpine:initialized", () => {
      new MutationObserver(() => {
        const choice = JSON.parse(localStorage.getItem(ADMIN) ?? '"auto"');
        if (choice === "light" || choice === "dark") localStorage.setItem(SITE, choice);
        else localStorage.removeItem(SITE);
      }).observe(document.documentElement, { attributeFilter: ["class"] });
    });
  } catch {
    // Storage is blocked: the device's theme holds.
  }
})();
