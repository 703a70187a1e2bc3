// Light or dark before the first paint: what the reader chose here, else what the system says.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    root.dataset.bsTheme = localStorage.getItem("theme") ?? (system.matches ? "dark" : "light");
  };
  show();
  system.addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (button === null) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
      show();
    });
  });
})();
