// The control room in a browser: sends what is asked, watches jobs, draws their figures.
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const phone = matchMedia("(max-width: 699px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // ---- asking the room -------------------------------------------------------------------------

  const ask = async (path, body, method = "POST") => {
    try {
      const answer = await fetch(path, {
        method, body, headers: { "X-Lazaretto": "1" }, credentials: "same-origin",
      });
      const text = await answer.text();
      const gone = answer.status >= 500;
      try { return JSON.parse(text); } catch (plain) {
        return { ok: false, gone, problems: [{ advice: text.trim() || words.failed }] };
      }
    } catch (gone) {
      return { ok: false, gone: true, problems: [{ advice: words.offline }] };
    }
  };

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  };

  const showProblems = (box, problems) => {
    box.replaceChildren();
    box.hidden = !problems || !problems.length;
    if (box.hidden) return;
    const list = element("ol");
    problems.forEach((each) => {
      if (typeof each === "string") { list.append(element("li", each)); return; }
      const item = element("li");
      if (each.key) {
        item.append(element("code", each.key));
        const of = each.of ? ` (${each.of})` : "";
        if (each.value || of) item.append(`${of}${each.value ? `: ${each.value}` : ""}`);
        item.append(element("br"));
      }
      if (each.allowed) item.append(`${words.allowed}${words.colon}${each.allowed}`, element("br"));
      if (each.advice) item.append(each.key ? `${words.do}${words.colon}${each.advice}` : each.advice);
      list.append(item);
      const field = each.key && document.getElementById(each.key);
      if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    });
    box.append(list);
  };

  const copy = async (address, said) => {
    const full = new URL(address, location.href).href;
    try {
      await navigator.clipboard.writeText(full);
      said.textContent = words.copied;
    } catch (refused) {
      said.textContent = full;
    }
  };

  // ---- light and dark ----------------------------------------------------------------------------

  one("#theme")?.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = now;
    try { localStorage.setItem("lazaretto-theme", now); } catch (refused) { /* private window */ }
  });

  // ---- levers ------------------------------------------------------------------------------------

  const levers = one("#levers");
  const moved = () => {
    const form = new URLSearchParams();
    new FormData(levers).forEach((value, name) => { if (String(value).trim()) form.append(name, value); });
    return form;
  };
  const asked = async (path) => {
    all("[aria-invalid]", levers).forEach((field) => field.removeAttribute("aria-invalid"));
    const said = one("#said");
    said.textContent = `${words.checking} …`;
    const answer = await ask(path, moved());
    showProblems(one("#problems"), answer.ok ? [] : answer.problems);
    said.textContent = "";
    return answer;
  };
  levers?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = one("button[type=submit]", levers);
    button.disabled = true;
    const answer = await asked("/jobs");
    button.disabled = false;
    if (answer.ok) location.href = `/runs/${answer.id}`;
  });
  one("#check")?.addEventListener("click", async () => {
    const answer = await asked("/check");
    if (answer.ok) one("#said").textContent = `${words.ok} ${answer.title}`;
  });
  one("#link")?.addEventListener("click", () => copy(`/?${moved()}`, one("#said")));
  one("#bring")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await ask("/bring", new FormData(event.target));
    showProblems(one(".problems", event.target), answer.ok ? [] : answer.problems);
    if (answer.ok) location.href = answer.link;
  });

  // ---- pins --------------------------------------------------------------------------------------

  const pinned = () => {
    try {
      const kept = JSON.parse(localStorage.getItem("lazaretto-pins"));
      return Array.isArray(kept) ? kept.filter((pin) => pin && pin.id && pin.title) : [];
    } catch (broken) { return []; }
  };
  const keepPins = (pins) => {
    try { localStorage.setItem("lazaretto-pins", JSON.stringify(pins)); } catch (refused) { /* kept in this page only */ }
    showPins();
  };
  const togglePin = (id, title) => {
    const pins = pinned();
    keepPins(pins.some((pin) => pin.id === id)
      ? pins.filter((pin) => pin.id !== id) : [...pins, { id, title }]);
  };
  const showPins = () => {
    const pins = pinned();
    const box = one("#pins");
    box.hidden = !pins.length;
    one("ul", box).replaceChildren(...pins.map((pin) => {
      const item = element("li");
      const off = element("button", words.unpin, { type: "button", class: "quiet" });
      off.append(element("span", `: ${pin.title}`, { class: "hidden" }));
      off.addEventListener("click", () => togglePin(pin.id, pin.title));
      item.append(element("a", pin.title, { href: `/runs/${pin.id}` }), " ", off);
      return item;
    }));
    one("#compare").disabled = pins.length < 2;
    one("[role=status]", box).textContent = pins.length === 1 ? words.one : "";
    const here = one("#job")?.dataset.job;
    all("button.pin, #pin").forEach((button) => {
      const id = button.dataset.job || here;
      button.setAttribute("aria-pressed", pins.some((pin) => pin.id === id));
    });
  };
  one("#compare")?.addEventListener("click", async () => {
    const form = new URLSearchParams();
    pinned().forEach((pin) => form.append("job", pin.id));
    const answer = await ask("/compare", form);
    if (answer.ok) { location.href = `/runs/${answer.id}`; return; }
    const first = answer.problems[0];
    one("#pins [role=status]").textContent =
      [first.value, first.allowed && `${words.allowed}${words.colon}${first.allowed}`, first.advice].filter(Boolean).join("; ");
  });
  one("#unpin-all")?.addEventListener("click", () => keepPins([]));
  all("button.pin").forEach((button) => button.addEventListener("click", () =>
    togglePin(button.dataset.job, button.dataset.title)));
  showPins();

  // ---- figures -----------------------------------------------------------------------------------

  const rows = (columns) => {
    const names = Object.keys(columns);
    const length = names.length ? columns[names[0]].length : 0;
    return Array.from({ length }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name][i]])));
  };
  const size = () => (phone.matches ? "narrow" : "wide");
  const options = { renderer: "svg", actions: false, ast: true, tooltip: { disableDefaultStyle: true } };
  const draw = async (figure, spec) => {
    const holder = one(`.${size()}`, figure);
    const live = element("div");
    const made = await vegaEmbed(live, spec, options);
    holder.replaceChildren(live);
    all("svg", live).forEach((svg) => { svg.removeAttribute("role"); svg.setAttribute("aria-hidden", "true"); });
    return made.view;
  };

  const figures = new Map();
  const bring = async (figure) => {
    const known = figures.get(figure.id);
    const holder = one(`.${size()}`, figure);
    if (!known || holder.dataset.drawn) return;
    holder.dataset.drawn = "yes";
    const spec = structuredClone(known.specs[size()]);
    spec.datasets = Object.fromEntries(Object.entries(known.data).map(([name, table]) => [name, rows(table)]));
    try {
      const view = await draw(figure, spec);
      const player = one(".player", figure);
      if (player) play(player, view);
    } catch (problem) {
      console.warn(figure.id, problem);
    }
  };
  const near = new IntersectionObserver((seen) => {
    seen.filter((each) => each.isIntersecting).forEach((each) => bring(each.target));
  }, { rootMargin: "500px" });
  phone.addEventListener("change", () => {
    all("figure.drawn").forEach((figure) => { near.unobserve(figure); near.observe(figure); });
  });

  const play = (player, view) => {
    const dates = JSON.parse(player.dataset.dates);
    const slider = one("input", player);
    const button = one(".play", player);
    const output = one("output", player);
    let timer = null;
    const show = (day) => {
      slider.value = day;
      slider.setAttribute("aria-valuetext", dates[day]);
      output.textContent = dates[day];
      view.signal("day", Number(day)).runAsync();
    };
    const pause = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = words.play;
      button.setAttribute("aria-pressed", "false");
    };
    show(view.signal("day"));
    slider.oninput = () => { pause(); show(slider.value); };
    button.onclick = () => {
      if (timer) { pause(); return; }
      let day = Number(slider.value) >= dates.length - 1 ? 0 : Number(slider.value);
      button.textContent = words.pause;
      button.setAttribute("aria-pressed", "true");
      timer = setInterval(() => {
        day += 1;
        if (day >= dates.length) { pause(); return; }
        show(day);
      }, still.matches ? 1000 : 150);
    };
  };

  // ---- a job -------------------------------------------------------------------------------------

  const job = one("#job");
  const begun = performance.now();

  const liveFigure = async (id) => {
    const specs = await ask(`/jobs/${id}/live-figure`, undefined, "GET");
    if (!specs.wide) return null;
    const figure = one("#so-far");
    return { figure, view: await draw(figure, specs[size()]) };
  };

  const liveRows = (runs) => runs.flatMap((run) => {
    const first = new Date(`${run.start}T00:00:00`);
    return run.reported.map((_, i) => ({
      date: new Date(first.getFullYear(), first.getMonth(), first.getDate() + i).getTime(),
      run: run.replicate, reported: run.reported[i], infections: run.infections[i],
      deaths: run.deaths[i], sealed: run.sealed[i], controlled: run.controlled[i],
    }));
  });

  const tables = async (id) => {
    const [page, shown] = await Promise.all([
      fetch(`/runs/${id}/tables`, { credentials: "same-origin" }).then((answer) => answer.text()),
      fetch(`/jobs/${id}/shown`, { credentials: "same-origin" }).then((answer) => answer.json()),
    ]);
    const top = scrollY;
    one("#tables").innerHTML = page;  // made by the room's own template, which escapes what it is given
    shown.figures.forEach((figure) => figures.set(figure.name, figure));
    all("figure.drawn").forEach((figure) => near.observe(figure));
    scrollTo(0, top);
    drawRest();
  };

  // Those further down are drawn while nobody waits, so that a print has them all.
  const drawRest = async () => {
    for (const figure of all("figure.drawn")) {
      await new Promise((done) => { (window.requestIdleCallback || setTimeout)(done); });
      await bring(figure);
    }
  };

  const watch = async () => {
    const id = job.dataset.job;
    const bar = one("progress", job);
    const what = one("#what", job);
    let live = null;
    let pictured = false;
    let state = "";
    let drawnAt = "";
    for (;;) {
      const now = await ask(`/jobs/${id}?live=1`, undefined, "GET");
      if (now.gone) { what.textContent = words.offline; await pause(2000); continue; }
      if (!now.id) { showProblems(one("#problems"), now.problems); return; }
      bar.value = now.state === "done" ? 1 : now.share;
      bar.hidden = now.state !== "running";
      const name = now.state === "failed" ? words.failed_state : words[now.state] || now.state;
      const ahead = now.before ? ` (${words.ahead}${words.colon}${now.before})` : "";
      what.textContent = now.state === "running" && now.what ? now.what : `${name}${ahead}`;
      if (state !== now.state) one("#spoken").textContent = name;
      state = now.state;
      if (now.live?.length && !now.shown) {
        one("#live").hidden = false;
        live ??= await liveFigure(id);
        if (live) {
          live.view.data("so_far", liveRows(now.live));
          await live.view.runAsync();
          if (!pictured) { pictured = true; job.dataset.pictured = Math.round(performance.now() - begun); }
        }
      }
      const ended = ["done", "failed", "stopped"].includes(now.state);
      const seen = `${now.shown}-${ended}`;
      if (now.shown && seen !== drawnAt) {
        drawnAt = seen;
        try {
          await tables(id);
          one("#live").hidden = true;
          job.dataset.shown = "yes";
        } catch (problem) {
          console.warn(problem);
          drawnAt = "";
          if (ended) { showProblems(one("#problems"), [{ advice: words.failed }]); return; }
        }
      }
      if (ended) {
        showProblems(one("#problems"), now.problems);
        one(".downloads", job).hidden = now.state !== "done";
        one("#stop")?.remove();
        job.dataset.state = now.state;
        return;
      }
      await pause(now.state === "running" ? 400 : 1500);
    }
  };
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  if (job) {
    const { job: id, title } = job.dataset;
    one("#stop")?.addEventListener("click", () => ask(`/jobs/${id}/stop`));
    one("#pin")?.addEventListener("click", () => togglePin(id, title));
    one("#copy-here").addEventListener("click", () => copy(location.pathname, one("#spoken")));
    watch();
  }
})();
