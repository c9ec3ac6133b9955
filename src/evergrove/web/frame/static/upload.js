"use strict";
// Files are dropped or chosen, sent one after the other as they are, and followed until they are in. The form does the same
// without this. Every word it says stands in the page.
(function () {
  function token() { return (document.querySelector('meta[name="csrf"]') || {}).content || ""; }

  function ending(name) {
    var known = ["csv", "tsv", "txt", "json", "jsonl", "parquet", "xlsx", "zip", "gz"];
    var last = name.toLowerCase().split(".").pop();
    return known.indexOf(last) < 0 ? "csv" : last;
  }

  function follow(line, number) {
    var box = document.createElement("div");
    box.setAttribute("hx-get", "/settings/jobs/" + number + "/progress");
    box.setAttribute("hx-trigger", "load");
    box.setAttribute("hx-swap", "outerHTML");
    line.appendChild(box);
    if (window.htmx) { window.htmx.process(line); }
  }

  function sender(form) {
    var list = form.querySelector("[data-sent]"), words = form.dataset;
    var queue = [], busy = false, onward = "";

    function say(line, text, kind) {
      var note = line.querySelector("small");
      note.textContent = text;
      note.className = kind || "";
    }

    function settled(line, answer) {
      if (answer.imports.length) {
        say(line, words.known);
        if (words.came) { onward = onward || words.came; return; }
        var link = document.createElement("a");
        link.href = "/data/imports/" + answer.imports[0];
        link.textContent = words.look;
        line.appendChild(link);
        return;
      }
      if (answer.waits) { window.location.assign("/data/waiting/" + answer.waits); return; }
      say(line, words.taken);
      if (words.then) { onward = words.then + answer.job; return; }
      follow(line, answer.job);
    }

    function refused(line, request) {
      var told = null;
      try { told = JSON.parse(request.responseText); } catch (error) { told = null; }
      say(line, told && told.message ? told.message + " " + (told.hint || "") : words.failed, "fault");
    }

    function next() {
      var job = queue.shift();
      busy = Boolean(job);
      if (!job) { // the page goes on when nothing is on its way any more, and nothing has failed
        if (onward && !list.querySelector(".fault")) { window.location.assign(onward); }
        return;
      }
      var line = job.line, bar = line.querySelector("progress"), request = new XMLHttpRequest();
      var hold = form.querySelector('input[name="hold"]');
      var address = "/v1/imports?format=" + ending(job.file.name) + "&name=" + encodeURIComponent(job.file.name.slice(-200));
      if (hold && hold.checked) { address += "&hold=1"; }
      request.open("POST", address);
      request.setRequestHeader("X-CSRF-Token", token());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = function (event) {
        if (event.lengthComputable) { bar.value = 100 * event.loaded / event.total; say(line, words.sending.replace("%", Math.round(bar.value) + " %")); }
      };
      request.onload = function () {
        bar.hidden = true;
        if (request.status < 300) { settled(line, JSON.parse(request.responseText)); } else { refused(line, request); }
        next();
      };
      request.onerror = function () { bar.hidden = true; say(line, words.failed, "fault"); next(); };
      say(line, words.sending.replace("%", "0 %"));
      request.send(job.file);
    }

    return function (files) {
      Array.prototype.forEach.call(files, function (file) {
        var line = document.createElement("li"), name = document.createElement("b"), bar = document.createElement("progress");
        name.textContent = file.name;
        bar.max = 100;
        bar.value = 0;
        bar.setAttribute("aria-label", file.name);
        line.append(name, document.createElement("small"), bar);
        say(line, words.waits);
        list.appendChild(line);
        queue.push({ file: file, line: line });
      });
      if (!busy) { next(); }
    };
  }

  document.querySelectorAll("form[data-upload]").forEach(function (form) {
    if (!form.dataset.sending) { return; } // a form without its words is sent as it is
    var list = document.createElement("ul");
    list.className = "sent";
    list.setAttribute("data-sent", "");
    list.setAttribute("aria-live", "polite");
    form.appendChild(list);
    var send = sender(form), chosen = form.querySelector('input[type="file"]');
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      send(chosen.files);
      chosen.value = "";
    });
    ["dragenter", "dragover"].forEach(function (name) {
      form.addEventListener(name, function (event) { event.preventDefault(); form.classList.add("over"); });
    });
    ["dragleave", "drop"].forEach(function (name) {
      form.addEventListener(name, function (event) { event.preventDefault(); form.classList.remove("over"); });
    });
    form.addEventListener("drop", function (event) { send(event.dataTransfer.files); });
  });
})();
