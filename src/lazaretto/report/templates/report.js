// The page is complete without this: it only swaps still figures for ones that answer the pointer.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const specs = read("specs");
  const tables = read("data");
  const phone = matchMedia("(max-width: 699px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const rows = (columns) => {
    const names = Object.keys(columns);
    const length = names.length ? columns[names[0]].length : 0;
    return Array.from({ length }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name][i]])));
  };

  const namesIn = (part, found = new Set()) => {
    if (part && typeof part === "object") {
      if (part.data && typeof part.data.name === "string") found.add(part.data.name);
      Object.values(part).forEach((inner) => namesIn(inner, found));
    }
    return found;
  };

  const bring = async (figure) => {
    const size = phone.matches ? "narrow" : "wide";
    const holder = figure.querySelector(`.${size}`);
    if (holder.dataset.live) return;
    holder.dataset.live = "yes";
    const spec = structuredClone(specs[figure.id][size]);
    spec.datasets = {};
    namesIn(spec).forEach((name) => { spec.datasets[name] = rows(tables[name]); });
    const live = document.createElement("div");
    try {
      await vegaEmbed(live, spec, {
        renderer: "svg", actions: false, tooltip: { theme: dark.matches ? "dark" : "light" },
      });
      holder.replaceChildren(live);
    } catch (problem) {
      console.warn(figure.id, problem);
    }
  };

  const figures = [...document.querySelectorAll("figure")];
  const near = new IntersectionObserver((seen) => {
    seen.filter((one) => one.isIntersecting).forEach((one) => bring(one.target));
  }, { rootMargin: "600px" });
  figures.forEach((figure) => near.observe(figure));
  phone.addEventListener("change", () => {
    figures.forEach((figure) => { near.unobserve(figure); near.observe(figure); });
  });
})();
