(() => {
  const inside = {{INSIDE_DATA}};
  const choice = document.getElementById("quantity");
  if (!choice) return;
  const viridis = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962",
    "#addc30", "#fde725"];
  const slider = document.getElementById("reading");
  const most = Math.max(...inside.runs.map(run => run.steps.length)) - 1;
  slider.max = most;
  slider.value = most;
  // What is not finite is a text, such as "Infinity"; what was not read is null. Red marks it, and
  // grey a zero, or less, which has no place on a logarithmic scale.
  const short = value =>
    typeof value === "string" ? value : Number(value.toPrecision(4)).toString();
  const usable = quantity => value =>
    typeof value === "number" && (!quantity.logarithmic || value > 0);
  const colour = () => {
    const quantity = inside.quantities[choice.value];
    const all = inside.runs.flatMap(run => Object.values(run.values[choice.value]).flat())
      .filter(usable(quantity))
      .sort((a, b) => a - b);
    // Two in a hundred at either end share its colour, or one outlier would take the whole scale.
    const low = all[Math.floor(0.02 * all.length)], high = all[Math.ceil(0.98 * all.length) - 1];
    const scaled = value => quantity.logarithmic ? Math.log(value) : value;
    document.getElementById("least").textContent = all.length ? short(low) : "";
    document.getElementById("most").textContent = all.length ? short(high) : "";
    const moments = inside.runs.map(run =>
      Math.round(slider.value / Math.max(1, most) * (run.steps.length - 1)));
    document.getElementById("moment").textContent =
      [...new Set(inside.runs.map((run, i) => run.steps[moments[i]]))].join(", ");
    for (const picture of document.querySelectorAll("svg.inside")) {
      const run = inside.runs[picture.dataset.run];
      for (const box of picture.querySelectorAll("rect")) {
        const values = run.values[choice.value][box.dataset.path];
        const value = values ? values[moments[picture.dataset.run]] : null;
        const title = box.querySelector("title");
        title.textContent = box.dataset.path;
        box.removeAttribute("style");
        if (box.dataset.part !== quantity.part || (value ?? null) === null) continue;
        title.textContent += ": " + short(value);
        const placed = usable(quantity)(value);
        const share = high > low && placed
          ? Math.min(1, Math.max(0, (scaled(value) - scaled(low)) / (scaled(high) - scaled(low))))
          : 0;
        box.style.fill = placed ? viridis[Math.round(share * (viridis.length - 1))] : typeof value === "number" ? "#888" : "#d00";
      }
    }
  };
  choice.addEventListener("change", colour);
  slider.addEventListener("input", colour);
  colour();
})();
