// Every page works without this script; nothing here decides anything.
(() => {
  "use strict";
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const one = (css, root = document) => root.querySelector(css);
  // The words of the page's language stand on <body>.
  const words = document.body.dataset, language = document.documentElement.lang;
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const say = (text) => { one("#live").textContent = text; };

  all("[data-js]").forEach((el) => { el.hidden = false; });
  all("[data-nojs]").forEach((el) => { el.hidden = true; });

  // Times in the reader's zone. The title keeps the exact UTC.
  const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const near = new Intl.RelativeTimeFormat(language);
  const times = (root) => all("time[datetime*=T]", root).forEach((el) => {
    const s = (new Date(el.dateTime) - Date.now()) / 1000, n = Math.abs(s);
    el.textContent = n < 45 ? words.wordNow : n < 3570 ? near.format(Math.round(s / 60), "minute")
      : n < 86400 ? near.format(Math.round(s / 3600), "hour") : full.format(new Date(el.dateTime));
  });
  times();
  setInterval(times, 30000, document);

  // Menus close on Escape and on a click elsewhere; the current section is in view.
  const menus = () => all(".menu details[open]");
  addEventListener("click", (e) => menus().forEach((d) => { d.open = d.contains(e.target); }));
  addEventListener("keydown", (e) => {
    if (e.key === "Escape") menus().forEach((d) => { d.open = false; one("summary", d).focus(); });
  });
  all(".sections [aria-current]").forEach((a) => { a.parentNode.scrollLeft = a.offsetLeft - 60; });

  // Copy.
  addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const from = one(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      button.textContent = words.wordCopied;
      say(words.wordCopied);
      setTimeout(() => { button.textContent = words.wordCopy; say(""); }, 2000);
    } catch {
      if (from.select) from.select(); else getSelection().selectAllChildren(from);
      say(words.wordCopyFailed);
    }
  });

  // What another scope or a profile includes is shown so. It is not sent: the API adds it.
  all("form:has([data-implies])").forEach((form) => {
    const boxes = all("[name=scope]:not(:disabled)", form);
    const own = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    const implied = (el) => (el?.dataset.implies ?? "").split(" ").filter(Boolean);
    const draw = () => {
      const got = new Set(all("[type=radio]:checked", form).flatMap(implied)), todo = [...own, ...got];
      for (const value of todo) {
        for (const v of implied(boxes.find((b) => b.value === value))) if (!got.has(v)) { got.add(v); todo.push(v); }
      }
      boxes.forEach((b) => {
        b.disabled = got.has(b.value);
        b.checked = b.disabled || own.has(b.value);
        one(".tag-in", b.parentNode).hidden = !b.disabled;
      });
    };
    form.addEventListener("change", (e) => {
      if (boxes.includes(e.target)) own[e.target.checked ? "add" : "delete"](e.target.value);
      draw();
    });
    draw();
  });

  all("[data-picks]").forEach((el) => el.addEventListener("input", () => { one(el.dataset.picks).checked = true; }));

  // The summary in words, from the server.
  all("form[data-summary]").forEach((form) => {
    let timer, turn = 0;
    const ask = async () => {
      const mine = ++turn;
      const reply = await fetch(form.dataset.summary, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const text = await reply.text();
      if (reply.ok && !reply.redirected && mine === turn) one("[data-summary-here]").replaceChildren(...parse(text).body.childNodes);
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => ask().catch(() => {}), 250);
    });
  });

  // Select all.
  all("[data-select]").forEach((form) => {
    const picks = all("[data-pick]", form), head = one("[data-select-all]", form);
    const draw = () => {
      const n = picks.filter((b) => b.checked).length;
      one("[data-count]", form).textContent = n ? `${n} ${words.wordSelected}` : words.wordNoneSelected;
      head.checked = n > 0 && n === picks.length;
      head.indeterminate = n > 0 && n < picks.length;
      one("[data-needs-pick]", form).disabled = n === 0;
    };
    head.addEventListener("change", () => picks.forEach((b) => { b.checked = head.checked; }));
    form.addEventListener("change", draw);
    addEventListener("pageshow", draw);
  });

  // Filters apply as soon as one is chosen; the search field waits for Enter.
  all("form[data-auto]").forEach((form) => form.addEventListener("change", (e) => {
    if (e.target.matches("select")) form.requestSubmit();
  }));

  // Live numbers, every two seconds, unless hidden, paused, in use or signed out.
  const pause = one("[data-pause]");
  pause?.addEventListener("click", () => { pause.textContent = pause.textContent === words.wordPause ? words.wordResume : words.wordPause; });
  const live = async () => {
    const old = one("[data-live]");
    if (!document.hidden && pause?.textContent !== words.wordResume && !old.contains(document.activeElement)) {
      const reply = await fetch(location.href).catch(() => null);
      if (reply?.redirected || reply?.status === 401) return;
      const fresh = reply?.ok && one("[data-live]", parse(await reply.text()));
      if (fresh) { times(fresh); old.replaceWith(fresh); }
    }
    setTimeout(live, 2000);
  };
  if (one("[data-live]")) setTimeout(live, 2000);

  // Once only: a reload does not send the form again, Back does not bring the secret back.
  const home = one("[data-once]")?.dataset.once;
  if (home) {
    history.replaceState(null, "", home);
    addEventListener("pagehide", () => all("[data-secret]").forEach((el) => el.remove()));
    addEventListener("pageshow", (e) => { if (e.persisted) location.replace(home); });
  }
})();
