// Draws the figure that came with the page, in the colours of the page.
"use strict";

const place = document.getElementById("plot");
const figure = JSON.parse(document.getElementById("figure").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

function draw() {
  const style = getComputedStyle(document.body);
  const layout = {
    ...figure.layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: style.fontFamily, color: style.color, size: 14 },
    margin: { l: 8, r: 8, t: 8, b: 8 },
    height: 40 + 52 * figure.data[0].y.length + 24 * Math.ceil(figure.data.length / 4),
    yaxis: { automargin: true },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", traceorder: "normal" },
    uniformtext: { minsize: 10, mode: "hide" },
  };
  const settings = { responsive: true, displaylogo: false, displayModeBar: false };
  Plotly.react(place, figure.data, layout, settings);
}

draw();
dark.addEventListener("change", draw);
