// The little that a page cannot do by itself: follow Airflow's own light or dark, and "/" to search.
(() => {
  "use strict";

  const followAirflow = () => {
    let theme = null;
    try {
      // Where Airflow's interface keeps its choice; "system" and nothing leave it to the browser.
      theme = localStorage.getItem("theme");
    } catch {
      // Storage may be forbidden: then the browser's own setting decides.
    }
    const root = document.documentElement;
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  followAirflow();
  window.addEventListener("storage", followAirflow);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const field = document.getElementById("find");
    if (!field) return;
    event.preventDefault();
    field.focus();
  });
})();
