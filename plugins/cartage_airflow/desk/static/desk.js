// What a page needs a script for: Airflow's light or dark theme, "/" for the search, and a navigation that shows
// the current page on a phone.
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

  // On a phone the navigation scrolls sideways: bring the current page into view.
  const showCurrentPage = () => {
    document.querySelector("nav [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
  };

  followAirflow();
  document.addEventListener("DOMContentLoaded", showCurrentPage);
  document.addEventListener("htmx:afterSettle", showCurrentPage);
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
