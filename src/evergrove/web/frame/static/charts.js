"use strict";
// Draws charts when they come into sight. The library is fetched by the first of them, so that no page waits for it.
(function () {
  var own = document.currentScript.dataset;
  var dark = JSON.parse(own.dark);
  var night = window.matchMedia("(prefers-color-scheme: dark)");
  var PAPER = 820;  // pixels across a printed page, as the style sheet scales it
  var drawn = new Map(), sources = new WeakMap(), loading = null;

  function library() {
    loading = loading || new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = own.library;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  function isDark() {
    var chosen = document.documentElement.dataset.light;
    return chosen === "dark" || (chosen !== "light" && night.matches);
  }

  // A dark page swaps the neutrals and the accent; colours with a meaning stay.
  function coloured(text, swaps) {
    if (swaps) {
      Object.keys(dark).forEach(function (light) { text = text.split('"' + light + '"').join('"' + dark[light] + '"'); });
    }
    return JSON.parse(text);
  }

  function draw(box, swaps, width) {
    if (!sources.has(box)) { sources.set(box, box.querySelector("script").textContent); }
    if (drawn.has(box)) { drawn.get(box).dispose(); }
    var chart = echarts.init(box, null, { renderer: "svg", locale: own.locale, width: width });
    var option = coloured(sources.get(box), swaps);
    if (width) { option.animation = false; }
    chart.setOption(option);
    chart.on("click", function (event) {
      var path = event.data && event.data.path;  // charts whose points lead somewhere say where
      if (typeof path !== "string") { return; }
      var to = new URL(path, window.location.origin);
      if (to.origin === window.location.origin) { window.location.assign(to.href); }
    });
    drawn.set(box, chart);
    box.dataset.drawn = "";
  }

  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) { return; }
      seen.unobserve(entry.target);
      library().then(function () { draw(entry.target, isDark()); sized.observe(entry.target); });
    });
  }, { rootMargin: "200px" });

  var waiting;
  var sized = new ResizeObserver(function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { drawn.forEach(function (chart) { chart.resize(); }); }, 60);
  });

  function find(root) {
    drawn.forEach(function (chart, box) { if (!box.isConnected) { chart.dispose(); drawn.delete(box); } });
    root.querySelectorAll("[data-chart]:not([data-drawn])").forEach(function (box) { seen.observe(box); });
    root.querySelectorAll("[data-png]").forEach(function (button) { button.hidden = false; });
  }

  function anew(swaps) { drawn.forEach(function (_chart, box) { draw(box, swaps); }); }

  function picture(box) {
    var size = box.getBoundingClientRect(), away = document.createElement("div");
    away.style.width = size.width + "px";
    away.style.height = size.height + "px";
    var chart = echarts.init(away, null, { renderer: "canvas", locale: own.locale });
    chart.setOption(coloured(sources.get(box), false));
    var link = document.createElement("a");
    link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#ffffff" });
    link.download = box.id.replace(/^chart-/, "") + ".png";
    link.click();
    chart.dispose();
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-png]");
    if (button) { library().then(function () { var box = document.getElementById(button.dataset.png); draw(box, isDark()); picture(box); }); }
  });
  document.addEventListener("htmx:after:swap", function () { find(document); });
  night.addEventListener("change", function () { anew(isDark()); });
  // On paper charts are light, as wide as their column there, and all of them are drawn, looked at or not.
  window.addEventListener("beforeprint", function () {
    if (!window.echarts) { return; }
    var whole = document.getElementById("main").clientWidth;
    document.querySelectorAll("[data-chart]").forEach(function (box) {
      var width = Math.round(PAPER * Math.min(1, box.clientWidth / whole)), height = box.clientHeight;
      draw(box, false, width);
      box.querySelector("svg").setAttribute("viewBox", "0 0 " + width + " " + height);
    });
  });
  window.addEventListener("load", function () {
    if (document.querySelector("[data-chart]")) { (window.requestIdleCallback || window.setTimeout)(library); }
  });
  window.addEventListener("afterprint", function () { anew(isDark()); });
  find(document);
})();
