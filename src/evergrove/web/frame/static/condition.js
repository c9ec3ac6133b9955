"use strict";
// Completes conditions while they are written. Without it the field is a plain one, which takes the same text.
(function () {
  var PAUSE_MS = 120, language = document.documentElement.lang;

  function made(tag, name, text) {
    var element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
  }

  // What stands behind an item once it is taken: the next thing to be written begins there.
  function written(item, expects) {
    if (item.kind === "function") { return item.text + "("; }
    if (expects === "argument") { return item.text; }
    return item.text + (/(^|\s)in$/.test(item.text) && item.kind === "operator" ? " (" : " ");
  }

  function Editor(field) {
    var list = document.getElementById(field.getAttribute("aria-controls"));
    var says = document.getElementById(field.dataset.says);
    var items = [], expects = "", start = 0, chosen = -1, asked = 0, timer = 0, isOpen = false;

    function close() {
      clearTimeout(timer);
      asked += 1;
      isOpen = false;
      chosen = -1;
      list.hidden = true;
      field.removeAttribute("aria-activedescendant");
    }

    function choose(next) {
      var old = list.children[chosen], now = list.children[next];
      if (old) { old.setAttribute("aria-selected", "false"); }
      chosen = now ? next : -1;
      if (!now) { field.removeAttribute("aria-activedescendant"); return; }
      now.setAttribute("aria-selected", "true");
      field.setAttribute("aria-activedescendant", now.id);
      now.scrollIntoView({ block: "nearest" });
    }

    function show(found, before) {
      items = found.items;
      expects = found.expects;
      start = Array.from(before).slice(0, found.start).join("").length;  // the service counts characters, a browser units
      var part = before.slice(start);
      if (!items.length || (items.length === 1 && items[0].text === part)) { close(); return; }
      list.replaceChildren.apply(list, items.map(function (item, k) {
        var line = made("li", "", "");
        line.id = list.id + "-" + k;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", "false");
        line.append(made("code", "", item.text + (item.kind === "function" ? "( )" : "")));
        if (item.words) { line.append(made("span", "", (item.words[language] || item.words.en).replace(/[{}]/g, ""))); }
        return line;
      }));
      isOpen = true;
      list.hidden = false;
      list.scrollTop = 0;
      chosen = -1;
      choose(part ? 0 : -1);  // Enter takes what one began to write; with nothing begun it is a new line
      says.textContent = says.dataset.count.replace("#", String(items.length));
    }

    function look() {
      var before = field.value.slice(0, field.selectionStart), mine = asked += 1;
      fetch(field.dataset.condition + "?text=" + encodeURIComponent(before), { headers: { Accept: "application/json" } })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (answer) { if (mine === asked && answer) { show(answer.found, before); } })
        .catch(function () { if (mine === asked) { close(); } });
    }

    function later() { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); }

    function take(k) {
      var end = field.selectionStart, text = written(items[k], expects);
      if (/\s$/.test(text) && /^\s/.test(field.value.slice(end))) { text = text.trimEnd(); }
      close();
      field.setRangeText(text, start, end, "end");
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    field.addEventListener("input", later);
    field.addEventListener("blur", close);
    field.addEventListener("click", close);
    field.addEventListener("keydown", function (event) {
      if (event.isComposing) { return; }  // Enter and arrows belong to whoever writes Chinese
      var down = event.key === "ArrowDown", up = event.key === "ArrowUp";
      if (!isOpen && ((event.key === " " && event.ctrlKey) || (down && !field.value.trim()))) {
        event.preventDefault();
        look();
      } else if (isOpen && (down || up)) {
        event.preventDefault();
        choose((chosen + (down ? 1 : chosen < 0 ? 0 : -1) + items.length) % items.length);
      } else if (isOpen && event.key === "Enter" && chosen >= 0 && !event.shiftKey) {
        event.preventDefault();
        take(chosen);
      } else if (isOpen && event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && "submits" in field.dataset && !event.shiftKey) {
        event.preventDefault();
        field.form.requestSubmit();
      } else if (event.key.indexOf("Arrow") === 0 || event.key === "Home" || event.key === "End") {
        close();
      }
    });
    list.addEventListener("mousedown", function (event) {
      event.preventDefault();  // the field keeps the focus
      var line = event.target.closest("[role=option]");
      if (line) { take(Array.prototype.indexOf.call(list.children, line)); }
    });
  }

  function find(root) {
    root.querySelectorAll("textarea[data-condition]:not([data-ready])").forEach(function (field) {
      field.dataset.ready = "";
      Editor(field);
    });
  }
  document.addEventListener("htmx:after:swap", function () { find(document); });
  find(document);
})();
