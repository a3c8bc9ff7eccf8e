// What a page needs a script for: Airflow's light or dark theme, "/" for the search, a navigation that shows the
// current page on a phone, an address that names a closed entry, and links that leave Airflow's frame. Airflow keeps
// the page's address itself.
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

  // Airflow's page around the frame, if it is one that this script may touch.
  const outer = () => {
    try {
      return window.parent !== window && window.parent.location.origin === location.origin ? window.parent : null;
    } catch {
      return null;
    }
  };
  // Airflow's frame opens no window and leads nowhere else. Airflow's own page does: it follows a link in its place.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[target=_blank], a[target=_top]");
      const frame = link && outer();
      if (!frame || !/^https?:$/.test(link.protocol)) return;
      event.preventDefault();
      const copy = frame.document.createElement("a");
      copy.href = link.href;
      if (link.target === "_blank") copy.target = "_blank";
      copy.rel = "noopener noreferrer";
      frame.document.body.append(copy);
      copy.click();
      copy.remove();
    },
    true,
  );

  // The fragment of an address names an entry; open it.
  const openNamedEntry = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const entry = named?.closest("details");
    if (!entry) return;
    entry.open = true;
    entry.scrollIntoView({ block: "start" });
  };

  const arrange = () => {
    showCurrentPage();
    openNamedEntry();
  };

  followAirflow();
  document.addEventListener("DOMContentLoaded", arrange);
  document.addEventListener("htmx:afterSettle", arrange);
  window.addEventListener("hashchange", openNamedEntry);
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
