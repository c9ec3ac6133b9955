"use strict";
// What forms and links cannot do by themselves. Every page works without it: it only saves steps.
(function () {
  var token = (document.querySelector('meta[name="csrf"]') || {}).content || "";

  document.addEventListener("htmx:config:request", function (event) {
    if (token) { event.detail.ctx.request.headers["X-CSRF-Token"] = token; }
  });

  // A choice is sent as soon as it is made; its button is for those without scripts.
  document.querySelectorAll("[data-unneeded]").forEach(function (button) { button.hidden = true; });
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-sends]")) { event.target.form.requestSubmit(); }
  });

  // What cannot be undone is asked about; the question stands in the page's language.
  document.addEventListener("submit", function (event) {
    var question = event.submitter && event.submitter.dataset.confirm || event.target.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  // A row of tabs that is too long for the window begins with the one that is open.
  document.querySelectorAll(".tabs [aria-current]").forEach(function (tab) {
    var row = tab.closest(".tabs");
    row.scrollLeft = Math.max(0, tab.getBoundingClientRect().left - row.getBoundingClientRect().left - 24);
  });

  // Who has gone into a letter by keyboard is told so by the window alone: no selector matches its frame.
  function ring() {
    document.querySelectorAll("iframe").forEach(function (frame) {
      frame.classList.toggle("entered", frame === document.activeElement);
    });
  }
  window.addEventListener("blur", ring);
  window.addEventListener("focus", ring);

  // On a phone the pages stand behind a button; without scripts they stand above the page.
  var menu = document.querySelector("[data-menu]");
  function open(is) { if (menu) { menu.setAttribute("aria-expanded", String(is)); } }
  if (menu) {
    menu.hidden = false;
    menu.addEventListener("click", function () { open(menu.getAttribute("aria-expanded") !== "true"); });
  }

  document.addEventListener("click", function (event) {
    if (menu && !event.target.closest(".side")) { open(false); }
    var copies = event.target.closest("[data-copies]");
    if (copies) {
      navigator.clipboard.writeText(document.getElementById(copies.dataset.copies).textContent.trim()).then(function () {
        copies.textContent = copies.dataset.done;
      });
    }
    // Menus and explanations close when one goes on elsewhere.
    document.querySelectorAll("details[data-closes][open]").forEach(function (open) {
      if (!open.contains(event.target)) { open.open = false; }
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      if (menu && menu.getAttribute("aria-expanded") === "true") { open(false); menu.focus(); }
      document.querySelectorAll("details[data-closes][open]").forEach(function (open) {
        open.open = false;
        open.querySelector("summary").focus();
      });
    }
    var typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });
})();
