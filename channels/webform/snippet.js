/* leadlog: sends every <form data-leadlog> to its action. docs/channels/snippet.md explains it.
   Without this script, or where the browser is too old for it, the form is posted as forms are. */
(function () {
  "use strict";
  var script = document.currentScript;
  if ((window.leadlog && window.leadlog.version) || !window.fetch || !window.URL || !window.FormData) return;
  try { if (!("get" in FormData.prototype)) return; } catch (e) { return; }

  var MARKS = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid",
    "gbraid", "wbraid", "yclid", "ymclid", "fbclid"];
  var MINUTE = 60e3, DAY = 864e5;
  var PATIENCE = 20e3, LONGEST_PAUSE = MINUTE;
  var KEEPALIVE = 60000; // bytes; browsers refuse more than 64 KB of such requests together
  var QUEUE = "out.", KEPT_FOR = 30 * DAY, MOST_AT_ONCE = 50;
  var TEXTS = {
    ru: {
      missing: "Заполните это поле",
      phone: "Проверьте номер телефона",
      email: "Проверьте адрес почты",
      wrong: "Проверьте форму",
      thanks: "Спасибо! Заявка принята.",
      kept: "Связи нет. Заявка сохранена и уйдёт сама, как только связь появится.",
      held: "Связи нет. Не закрывайте страницу: заявка уйдёт сама, как только связь появится.",
      closed: "Сейчас заявка не принимается. Мы попробуем отправить её позже; если дело спешное, позвоните нам."
    },
    en: {
      missing: "Please fill this in",
      phone: "Please check the telephone number",
      email: "Please check the e-mail address",
      wrong: "Please check the form",
      thanks: "Thank you! We have your message.",
      kept: "There is no connection. Your message is kept and will be sent as soon as there is one.",
      held: "There is no connection. Leave this page open: your message will be sent as soon as there is one.",
      closed: "Your message cannot be taken just now. We will try again later; if it is urgent, please call us."
    }
  };

  // --- what is remembered: in localStorage where that may be used, else as long as the page lives

  var memory = {};
  function stored(name) {
    try { return JSON.parse(localStorage.getItem("leadlog." + name)); } catch (e) { return null; }
  }
  function read(name) { return name in memory ? memory[name] : stored(name); }
  function keep(name, value) { // whether it outlives the page
    try {
      localStorage.setItem("leadlog." + name, JSON.stringify(value));
      delete memory[name];
      return true;
    } catch (e) {
      memory[name] = value;
      return false;
    }
  }
  function forget(name) {
    delete memory[name];
    try { localStorage.removeItem("leadlog." + name); } catch (e) { /* nothing was kept there */ }
  }
  function names(prefix) {
    var found = Object.keys(memory);
    try {
      for (var i = 0; i < localStorage.length; i++) {
        var name = localStorage.key(i);
        if (name.indexOf("leadlog.") === 0) found.push(name.slice(8));
      }
    } catch (e) { /* it may not be read */ }
    return found.filter(function (name, i) {
      return name.indexOf(prefix) === 0 && found.indexOf(name) === i;
    });
  }
  function uuid() {
    var bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is for https only
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.prototype.map.call(bytes, function (b) {
      return (b + 256).toString(16).slice(1);
    }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // --- where the visitor came from, and who it is

  var asks = script && script.getAttribute("data-consent") === "ask";
  function allowed() {
    var said = read("consent");
    return said === null ? !asks : said === "yes";
  }
  function host(address) {
    try { return new URL(address).hostname.replace(/^www\./, ""); } catch (e) { return ""; }
  }
  function bare(address) { return address.split("#")[0].slice(0, 1000); }

  function here() {
    var query = new URL(location.href).searchParams, marks = {};
    MARKS.forEach(function (name) {
      if (query.get(name)) marks[name] = query.get(name).slice(0, 1000);
    });
    return { marks: marks, landing: bare(location.href), referrer: bare(document.referrer) };
  }
  // A visit begins on a page that is reached from elsewhere: with marks always, without them after
  // half an hour of silence. Coming back directly begins none, so what brought the visitor stays.
  function visit() {
    var now = Date.now(), known = read("visit"), came = here(), from = host(document.referrer);
    var inside = from === host(location.href);
    if (known && !(known.marks instanceof Object)) known = null; // not written by this script
    var begins = !known || now - known.seen > 90 * DAY || (!inside &&
      (Object.keys(came.marks).length || (from && now - known.seen > 30 * MINUTE)));
    known = begins ? came : known;
    known.seen = now;
    if (allowed()) keep("visit", known); else memory.visit = known;
    return known;
  }
  function visitor() {
    var id = read("visitor") || uuid();
    keep("visitor", id);
    return id;
  }
  function cookie(name) {
    try {
      var found = document.cookie.match(new RegExp("(?:^|; )" + name + "=([^;]*)"));
      return found ? decodeURIComponent(found[1]) : "";
    } catch (e) { return ""; }
  }
  function origins() { // what is told beside the fields
    var came = visit(), told = {};
    Object.keys(came.marks).forEach(function (name) { told[name] = came.marks[name]; });
    told.landing = came.landing;
    told.referrer = came.referrer;
    told.page = bare(location.href);
    if (allowed()) {
      told.client_id = visitor();
      told._ym_uid = cookie("_ym_uid");
      told._ga = cookie("_ga");
    }
    return told;
  }

  // --- a form

  var states = new WeakMap(); // form -> {id, sending}
  var waiting = {}; // submission id -> {form, files, tries, sending}

  function state(form) {
    if (!states.has(form)) states.set(form, {});
    return states.get(form);
  }
  function endpoint(form) {
    var action = form.getAttribute("action"); // `form.action` may be a field of that name
    if (action) return new URL(action, document.baseURI).href;
    return script ? script.src.replace(/\/snippet[^/]*$/, "") : "";
  }
  function ours(form) {
    return form && form.matches && form.matches("form[data-leadlog]") && endpoint(form);
  }
  function texts(form) {
    var said = form.closest("[lang]");
    var language = form.getAttribute("data-leadlog-lang") || (said && said.lang) || navigator.language;
    return TEXTS[/^ru/i.test(language || "") ? "ru" : "en"];
  }
  function bait(form) { // people neither see nor reach it; filled in, the form is a robot's
    if (form.querySelector('[name="_gotcha"]')) return;
    var field = document.createElement("input");
    field.name = "_gotcha";
    field.tabIndex = -1;
    field.autocomplete = "off";
    field.setAttribute("aria-hidden", "true");
    field.style.cssText = "position:absolute;left:-9999px;width:1px;height:1px;opacity:0";
    form.appendChild(field);
  }
  function content(form, button) { // {fields, files}
    var data = new FormData(form), fields = {}, files = [];
    if (button && button.name) data.append(button.name, button.value);
    data.forEach(function (value, name) {
      if (typeof value !== "string") {
        if (value.name) files.push([name, value]);
      } else if (name in fields) {
        fields[name] = [].concat(fields[name], value);
      } else {
        fields[name] = value;
      }
    });
    return { fields: fields, files: files };
  }
  function withOrigins(fields) {
    var told = origins();
    Object.keys(told).forEach(function (name) {
      if (told[name] && !fields[name]) fields[name] = told[name];
    });
    return fields;
  }
  function sameAs(url, typed) { // what lies unsent with the same content is the same submission
    return items().filter(function (item) { return item.url === url && item.typed === typed; })[0];
  }

  function submit(form, button) {
    var known = state(form), url = endpoint(form);
    if (known.sending) return;
    var found = content(form, button);
    delete found.fields.submission_id; // a page from a cache has the same one for everybody
    var typed = JSON.stringify(found.fields), unsent = sameAs(url, typed);
    known.id = known.id || (unsent && unsent.id) || uuid();
    if (unsent && unsent.id === known.id && !found.files.length) {
      attempt(unsent, form);
      return;
    }
    var fields = withOrigins(found.fields), files = found.files;
    fields.submission_id = known.id;
    var item = { id: known.id, url: url, typed: typed, at: Date.now() };
    if (files.length) {
      var sent = new FormData();
      Object.keys(fields).forEach(function (name) {
        [].concat(fields[name]).forEach(function (value) { sent.append(name, value); });
      });
      files.forEach(function (file) { sent.append(file[0], file[1]); });
      fields.files_not_sent = files.map(function (file) { return file[1].name; }).join(", ");
    }
    item.body = JSON.stringify(fields);
    (waiting[item.id] = waiting[item.id] || {}).files = sent;
    item.lasts = put(item);
    attempt(item, form);
  }

  // --- the queue: what is not yet known to have arrived, each under its submission id

  function put(item) { return keep(QUEUE + item.id, item); }
  function items() {
    return names(QUEUE).map(read).filter(function (item) {
      if (item && item.url && Date.now() - item.at < KEPT_FOR) return true;
      if (item) forget(QUEUE + item.id);
      return false;
    }).sort(function (a, b) { return a.at - b.at; }).slice(0, MOST_AT_ONCE);
  }
  function attempt(item, form) {
    var task = waiting[item.id] = waiting[item.id] || {};
    if (form) { task.form = form; busy(form, true); clear(form); }
    if (task.sending) return; // what is being sent is compared with what is to be sent, when it ends
    task.sending = true;
    clearTimeout(task.timer);
    send(item, task).then(function (answer) {
      task.sending = false;
      var newer = read(QUEUE + item.id);
      if (newer && newer.body !== item.body) { attempt(newer); return; }
      if (task.form) busy(task.form, false);
      settle(item, task, answer);
    });
  }
  function send(item, task) { // resolves to {status, errors}; status 0 where nothing was heard
    var stop = window.AbortController ? new AbortController() : null;
    var timer = setTimeout(function () { if (stop) stop.abort(); }, PATIENCE);
    var body = task.files || item.body;
    return fetch(item.url, {
      method: "POST", body: body, mode: "cors", credentials: "omit", signal: stop && stop.signal,
      // text is what a page may send to another origin without asking first
      headers: task.files ? {} : { "Content-Type": "text/plain;charset=UTF-8" },
      keepalive: !task.files && new Blob([item.body]).size < KEEPALIVE
    }).then(function (answer) {
      if (answer.status !== 422) return { status: answer.status };
      return answer.json().then(function (told) {
        return { status: 422, errors: told.errors || [] };
      }, function () { return { status: 422, errors: [] }; });
    }).catch(function (fault) {
      explain(item.url, fault);
      return { status: 0 };
    }).then(function (answer) {
      clearTimeout(timer);
      return answer;
    });
  }
  var explained = false;
  function explain(url) { // a forbidden answer looks like no answer: tell the site's owner which
    if (explained || navigator.onLine === false) return;
    explained = true;
    fetch(url + "/snippet.js", { mode: "no-cors", credentials: "omit", cache: "no-store" }).then(
      function () {
        console.error("leadlog: " + url + " is there, but its answer may not be read here. Add " +
          location.origin + " to the account's `origins`.");
      }, function () { explained = false; });
  }
  function settle(item, task, answer) {
    var status = answer.status, form = task.form;
    if (status >= 200 && status < 300) {
      forget(QUEUE + item.id);
      delete waiting[item.id];
      if (form) succeed(form);
    } else if (status === 422) {
      refuse(item, form, answer.errors);
    } else {
      again(item, task, status);
    }
  }
  function again(item, task, status) {
    var closed = status >= 400 && status < 500 && status !== 408 && status !== 429;
    task.tries = (task.tries || 0) + 1;
    var pause = closed ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, 1000 * Math.pow(2, task.tries));
    task.timer = setTimeout(attempt, pause * (0.5 + Math.random() / 2), item);
    if (!task.form) return;
    var said = texts(task.form);
    tell(task.form, closed ? said.closed : item.lasts ? said.kept : said.held);
    announce(task.form, "kept", { submission_id: item.id, status: status });
  }
  function flush() {
    items().forEach(function (item) {
      if (item.errors) refuse(item, null, item.errors); else attempt(item);
    });
  }
  function leave() { // the last chance of this page; what is not confirmed stays in the queue
    items().forEach(function (item) {
      var task = waiting[item.id];
      if (task && !task.sending && !item.errors && navigator.sendBeacon) {
        navigator.sendBeacon(item.url, new Blob([item.body], { type: "text/plain;charset=UTF-8" }));
      }
    });
  }

  // --- what people see

  function announce(form, name, detail) {
    form.dispatchEvent(new CustomEvent("leadlog:" + name, { bubbles: true, detail: detail }));
  }
  function busy(form, is) {
    state(form).sending = is;
    if (is) form.setAttribute("aria-busy", "true"); else form.removeAttribute("aria-busy");
  }
  function note(text, name, role) {
    var shown = document.createElement("div");
    shown.className = "leadlog-" + name;
    shown.setAttribute("role", role);
    shown.textContent = text;
    return shown;
  }
  function tell(form, text) {
    var known = form.querySelector(".leadlog-note");
    if (known) known.textContent = text; else form.appendChild(note(text, "note", "status"));
  }
  function clear(form) {
    form.querySelectorAll(".leadlog-error, .leadlog-note").forEach(function (shown) {
      shown.remove();
    });
    form.querySelectorAll("[aria-invalid]").forEach(right);
  }
  function right(field) {
    var shown = document.getElementById(field.getAttribute("aria-describedby"));
    if (shown && shown.className === "leadlog-error") {
      shown.remove();
      field.removeAttribute("aria-describedby");
    }
    field.removeAttribute("aria-invalid");
  }
  function succeed(form) {
    var id = state(form).id;
    states.delete(form); // what is sent next is another submission
    clear(form);
    HTMLFormElement.prototype.reset.call(form); // there may be a field of that name
    form.style.display = "none";
    var text = form.getAttribute("data-leadlog-thanks") || texts(form).thanks;
    var shown = note(text, "thanks", "status");
    shown.tabIndex = -1;
    form.parentNode.insertBefore(shown, form.nextSibling);
    shown.focus();
    announce(form, "sent", { submission_id: id });
  }
  var TYPES = { phone: 'input[type="tel"], [autocomplete="tel"]', email: 'input[type="email"]' };
  function fieldOf(form, name, code) { // the gateway names a field as it came, or by its role
    var found = Array.prototype.filter.call(form.elements, function (field) {
      return field.name === name && field.type !== "hidden";
    })[0];
    var type = TYPES[name] || TYPES[code];
    return found || (type && form.querySelector(type));
  }
  var shownErrors = 0;
  function refuse(item, live, errors) {
    delete waiting[item.id];
    if (live) {
      forget(QUEUE + item.id); // it is on the screen, to be corrected
    } else { // nobody was there to correct it: shown on each page with the form until somebody does
      item.errors = errors;
      put(item);
    }
    var form = live || blank(item.url);
    if (!form) return;
    if (!live) fill(form, item);
    state(form).id = item.id; // corrected, it is the same submission
    clear(form);
    var said = texts(form), first = null, unplaced = [];
    errors.forEach(function (error) {
      var text = said[error.code] || error.problem + "; " + error.expected;
      var field = fieldOf(form, error.field, error.code);
      if (!field) { unplaced.push(error.field + ": " + text); return; }
      first = first || field;
      mark(field, text);
    });
    if (unplaced.length || !errors.length) tell(form, unplaced.join("; ") || said.wrong);
    if (first) first.focus();
    announce(form, "refused", { submission_id: item.id, errors: errors });
  }
  function mark(field, text) {
    var shown = note(text, "error", "alert");
    shown.id = "leadlog-error-" + (++shownErrors);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", shown.id);
    var after = field.closest("label") || field;
    after.parentNode.insertBefore(shown, after.nextSibling);
  }
  function blank(url) { // a form for this address in which nobody has typed
    return Array.prototype.filter.call(document.querySelectorAll("form[data-leadlog]"), function (form) {
      return endpoint(form) === url && !state(form).typed && !state(form).id;
    })[0] || null;
  }
  function fill(form, item) {
    var typed = {};
    try { typed = JSON.parse(item.typed); } catch (e) { /* not written by this script */ }
    Array.prototype.forEach.call(form.elements, function (field) {
      var value = typed[field.name];
      if (value === undefined || field.type === "file" || field.type === "submit") return;
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = [].concat(value).indexOf(field.value) >= 0;
      } else if (typeof value === "string") {
        field.value = value;
      }
    });
  }

  // --- when things happen

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || !ours(form)) return; // the site's own checks said no
    try {
      submit(form, event.submitter);
      event.preventDefault();
    } catch (fault) { // a fault of this script: the browser posts the form
      console.error("leadlog:", fault);
    }
  });
  document.addEventListener("focusin", function (event) {
    if (ours(event.target.form)) bait(event.target.form);
  });
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (!ours(form)) return;
    state(form).typed = true;
    if (event.target.hasAttribute("aria-invalid")) right(event.target);
  });
  addEventListener("online", flush);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", function (event) { if (event.persisted) flush(); });
  function begin() {
    visit();
    document.querySelectorAll("form[data-leadlog]").forEach(bait);
    flush();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();

  window.leadlog = {
    version: 1,
    consent: function (given) { // whether visits and the visitor may be remembered in this browser
      keep("consent", given ? "yes" : "no");
      if (given) { visit(); return; }
      var came = read("visit");
      forget("visitor");
      forget("visit");
      if (came) memory.visit = came;
    }
  };
})();
