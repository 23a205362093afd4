// Before anything is drawn: light or dark, as chosen last or as the machine is set.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("lazaretto-theme"); } catch (refused) { /* private window */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
