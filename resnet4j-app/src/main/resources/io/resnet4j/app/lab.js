(() => {
  const data = {{CHARTS_DATA}};
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7a7f87"];
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
  const shapes = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
  const charts = [];
  const number = text => text === null || typeof text === "string" ? null : text;
  // What is not finite has no place on an axis; a cross at the edge says where it is.
  const crosses = { id: "crosses", afterDatasetsDraw: chart => {
    const { ctx, chartArea: area, scales } = chart;
    chart.data.datasets.forEach((set, i) => {
      if (!chart.isDatasetVisible(i)) return;
      ctx.strokeStyle = set.borderColor;
      ctx.lineWidth = 2;
      for (const cross of set.crosses) {
        const x = scales.x.getPixelForValue(cross.x), y = cross.low ? area.bottom - 6 : area.top + 6;
        ctx.beginPath();
        ctx.moveTo(x - 5, y - 5);
        ctx.lineTo(x + 5, y + 5);
        ctx.moveTo(x + 5, y - 5);
        ctx.lineTo(x - 5, y + 5);
        ctx.stroke();
      }
    });
  } };
  data.forEach((one, at) => {
    if (one.kind === "GRID") return;
    const bars = one.kind === "BAR";
    const whole = one.series.every(s => s.x.every(Number.isInteger));
    const box = document.getElementById("chart" + at);
    const canvas = box.querySelector("canvas");
    const datasets = one.series.map((s, i) => ({
      label: s.name,
      data: bars ? s.y.map(number) : s.y.map((y, k) => ({ x: s.x[k], y: number(y) })),
      crosses: s.y.flatMap((y, k) =>
        typeof y === "string" ? [{ x: bars ? k : s.x[k], low: y === "-Infinity" }] : []),
      borderColor: colours[i % colours.length], backgroundColor: colours[i % colours.length],
      borderWidth: bars ? 0 : 2, borderDash: dashes[i % dashes.length],
      pointStyle: shapes[i % shapes.length], pointRadius: s.y.length > 40 ? 0 : 3, tension: 0,
      // Dashes lie over what is drawn before them, so that lines which coincide are both seen.
      order: bars ? 0 : -i }));
    const chart = new Chart(canvas, {
      type: bars ? "bar" : "line", data: { labels: bars ? one.labels : undefined, datasets },
      plugins: [crosses],
      options: { animation: false, responsive: true, maintainAspectRatio: false,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        plugins: { title: { display: false }, legend: { display: false, labels: {} } },
        scales: { x: { type: bars ? "category" : "linear", title: { display: true, text: one.x },
            ticks: whole ? { precision: 0 } : {} },
          y: { beginAtZero: one.fromZero, title: { display: true, text: one.y } } } } });
    charts.push(chart);
    const legend = box.querySelector(".legend");
    datasets.forEach((set, i) => {
      // It keeps its colour's place for another chart, and has nothing to show in this one.
      if (!set.data.length) return;
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      const line = bars
        ? `<rect x="2" y="1" width="28" height="8" fill="${set.borderColor}"/>`
        : `<line x1="0" y1="5" x2="32" y2="5" stroke="${set.borderColor}" stroke-width="3"
            stroke-dasharray="${set.borderDash.join(" ")}"/>`;
      button.innerHTML = `<svg viewBox="0 0 32 10" aria-hidden="true">${line}</svg>`;
      button.append(set.label);
      button.onclick = () => {
        const shown = chart.isDatasetVisible(i);
        chart.setDatasetVisibility(i, !shown);
        button.setAttribute("aria-pressed", String(!shown));
        chart.update("none");
      };
      legend.append(button);
    });
    let point = -1;
    canvas.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const most = Math.max(0, ...one.series.map(s => s.y.length)) - 1;
      if (!step || most < 0) return;
      event.preventDefault();
      point = Math.min(most, Math.max(0, point + step));
      const active = datasets.flatMap((set, i) =>
        chart.isDatasetVisible(i) && set.data[point] !== undefined
          ? [{ datasetIndex: i, index: point }] : []);
      chart.setActiveElements(active);
      chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
      chart.update("none");
    });
  });
{{PAINT_JS}}})();
