// Shows the theme that the person chose, before anything is painted. `app/src/state/theme.rs` keeps the choice.
try {
  const theme = localStorage.getItem("tablog.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the system's theme.
}
