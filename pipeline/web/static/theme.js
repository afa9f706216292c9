// Light or dark before the first paint: Airflow's own choice where the page lies inside it, else the system's.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const airflow = () => {
    try {
      const classes = parent !== window && parent.document.documentElement.classList;
      if (classes && classes.contains("dark")) return "dark";
      if (classes && classes.contains("light")) return "light";
      return localStorage.getItem("theme");
    } catch {
      return null; // framed from elsewhere, or no storage
    }
  };
  const apply = () => {
    const chosen = airflow();
    const theme = chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event("themechange"));
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  try {
    if (parent !== window) {
      new MutationObserver(apply).observe(parent.document.documentElement, { attributeFilter: ["class"] });
    }
  } catch {
    // framed from elsewhere: the system's choice holds
  }
})();
