"use strict";
(function () {
  var content = JSON.parse(document.getElementById("charts").textContent);
  var night = window.matchMedia("(prefers-color-scheme: dark)");
  var drawn = [];

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
      var chart = echarts.init(document.getElementById("chart-" + key), null, { renderer: "svg", locale: content.locale });
      chart.setOption(coloured(content.options[key], dark));
      return chart;
    });
  }

  function fit(width) {
    drawn.forEach(function (chart) { chart.resize(width ? { width: width } : undefined); });
  }

  draw(night.matches);
  night.addEventListener("change", function () { draw(night.matches); });
  var waiting;
  window.addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { fit(); }, 120);
  });
  // Paper is white and narrow: 182 mm between the margins are 688 CSS pixels.
  window.addEventListener("beforeprint", function () { draw(false); fit(680); });
  window.addEventListener("afterprint", function () { draw(night.matches); });
  document.documentElement.dataset.drawn = String(drawn.length);
})();
