// Charts that one explores: embeds what an element's data-spec leads to once it is opened, and again when the theme changes.
(() => {
  "use strict";
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));

  async function embed(place) {
    const theme = dark();
    if (place.dataset.drawn === theme || !window.vegaEmbed) return;
    place.dataset.drawn = theme;
    const address = new URL(place.dataset.spec, location.href);
    address.searchParams.set("theme", theme);
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status !== 200) { delete place.dataset.drawn; return; }
    const { spec, formatLocale, timeFormatLocale } = await answer.json();
    await window.vegaEmbed(place, spec, {
      ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: false, formatLocale, timeFormatLocale,
    });
  }

  const all = () => document.querySelectorAll(".explore[data-spec]");
  document.addEventListener("toggle", (event) => { if (event.target.open) event.target.querySelectorAll(".explore[data-spec]").forEach(embed); }, true);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all().forEach((place) => { if (place.dataset.drawn) embed(place); }));
})();
