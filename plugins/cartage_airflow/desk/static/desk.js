// What a page needs a script for: follow Airflow's light or dark theme, and go to the search with "/".
(() => {
  "use strict";

  const followAirflow = () => {
    let theme = null;
    try {
      // Airflow's interface keeps its choice here; with "system" or no choice the browser decides.
      theme = localStorage.getItem("theme");
    } catch {
      // Storage may be forbidden; then the browser's setting decides.
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
