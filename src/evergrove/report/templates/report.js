"use strict";
(function () {
  var content = JSON.parse(document.getElementById("charts").textContent);
  var night = window.matchMedia("(prefers-color-scheme: dark)");
  var drawn = [], heights = {};

  // A dark page swaps the neutrals and the accent; colours with a meaning stay.
  function coloured(option, dark) {
    var text = JSON.stringify(option);
    if (dark) {
      Object.keys(content.dark).forEach(function (light) {
        text = text.split('"' + light + '"').join('"' + content.dark[light] + '"');
      });
    }
    return JSON.parse(text);
  }

  function draw(dark) {
    drawn.forEach(function (chart) { chart.dispose(); });
    drawn = Object.keys(content.options).map(function (key) {
      var box = document.getElementById("chart-" + key);
      heights[box.id] = heights[box.id] || parseFloat(box.style.height);
      var chart = echarts.init(box, null, { renderer: "svg", locale: content.locale });
      chart.setOption(coloured(content.options[key], dark));
      return chart;
    });
  }

  function fit() {
    drawn.forEach(function (chart) { chart.resize(); });
  }

  // Paper is white, and 182 mm between the margins are 688 CSS pixels; lower charts let two share a page.
  function shape(onPaper) {
    Object.keys(heights).forEach(function (id) {
      var box = document.getElementById(id);
      box.style.width = onPaper ? "680px" : "";
      box.style.height = Math.round(heights[id] * (onPaper ? 0.74 : 1)) + "px";
    });
  }

  // A chart follows its own box, whatever moves it: a window, a phone turned round, a section opened.
  var waiting, paper = false;
  var watcher = new ResizeObserver(function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { if (!paper) { fit(); } }, 60);
  });

  draw(night.matches);
  Object.keys(content.options).forEach(function (key) { watcher.observe(document.getElementById("chart-" + key)); });
  night.addEventListener("change", function () { draw(night.matches); });
  window.addEventListener("beforeprint", function () { paper = true; shape(true); draw(false); });
  window.addEventListener("afterprint", function () { paper = false; shape(false); draw(night.matches); });
  document.documentElement.dataset.drawn = String(drawn.length);
})();
