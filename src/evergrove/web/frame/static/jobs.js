"use strict";
// Parts of a page that show a job are told of each change as it happens, by one stream of events. Where there is none they
// ask every two seconds, as their own attributes say.
(function () {
  if (!window.EventSource) { return; }
  var stream = null, live = false, refused = false, due = {};

  function shown() { return Array.prototype.slice.call(document.querySelectorAll("[data-job]")); }

  // A part that is being fetched says so by its mark; what is told meanwhile is fetched when it has come.
  function look(part) {
    var job = part.dataset.job;
    if (!due[job] || part.dataset.asked) { return; }
    due[job] = false;
    part.dataset.asked = "1";
    window.htmx.trigger(part, "told");
  }

  function close() {
    if (stream) { stream.close(); }
    stream = null;
    live = false;
  }

  function askAll() {
    shown().forEach(function (part) { due[part.dataset.job] = true; look(part); });
  }

  function open() {
    stream = new window.EventSource("/v1/jobs/events");
    stream.onopen = function () { live = true; };
    stream.addEventListener("job", function (event) {
      due[JSON.parse(event.data).number] = true;
      shown().forEach(look);
    });
    stream.onerror = function () { // it comes back by itself, or it was refused; until then the parts ask
      var was = live;
      live = false;
      if (stream.readyState === window.EventSource.CLOSED) { refused = true; close(); }
      if (was) { askAll(); }
    };
  }

  function tend() {
    var wanted = !document.hidden && !refused && shown().length > 0;
    if (wanted && !stream) { open(); }
    if (!wanted && stream) { close(); askAll(); }
    shown().forEach(look);
  }

  document.addEventListener("htmx:before:request", function (event) {
    var part = event.target;
    if (live && part.matches && part.matches("[data-job]") && !part.dataset.asked) { event.preventDefault(); }
  });
  document.addEventListener("htmx:finally:request", function (event) {
    if (event.target.dataset) { delete event.target.dataset.asked; }
  });
  document.addEventListener("htmx:after:process", tend);
  document.addEventListener("visibilitychange", tend);
  tend();
})();
