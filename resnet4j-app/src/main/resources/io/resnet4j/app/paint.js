  const paint = printing => {
    const style = getComputedStyle(document.documentElement);
    const ink = printing ? "#000" : style.getPropertyValue("--ink").trim();
    const line = printing ? "#bbb" : style.getPropertyValue("--line").trim();
    for (const chart of charts) {
      for (const scale of Object.values(chart.options.scales)) {
        scale.ticks = { ...scale.ticks, color: ink };
        scale.grid = { color: line };
        scale.title = { ...scale.title, color: ink };
      }
      chart.options.plugins.title.color = ink;
      chart.options.plugins.legend.labels.color = ink;
      chart.update("none");
    }
  };
  paint(false);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(false));
  addEventListener("beforeprint", () => paint(true));
  addEventListener("afterprint", () => paint(false));
