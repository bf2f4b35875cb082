// Keys, palette, dialogs and small comforts. Everything works without it: links lead to pages, forms are sent.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const palette = $("#palette");
  const field = palette && $("input[name=q]", palette);  // the first input is the form's token

  function openPalette() {
    if (!palette || palette.open) return;
    palette.showModal();
    field.select();
    if (window.htmx) window.htmx.trigger(field, "palette:open");
  }

  function movePalette(step) {
    const found = [...palette.querySelectorAll("[role=option]")];
    if (!found.length) return;
    const now = found.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const next = found[(now + step + found.length) % found.length];
    found.forEach((item) => item.setAttribute("aria-selected", String(item === next)));
    field.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]") && palette) { event.preventDefault(); openPalette(); }
    const opener = event.target.closest("[data-dialog]");
    if (opener) { const dialog = document.getElementById(opener.dataset.dialog); if (dialog) { event.preventDefault(); dialog.showModal(); } }
    if (event.target.closest("[data-back]")) history.back();
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.tagName === "DIALOG") event.target.close();
    const table = event.target.closest("[data-show]");
    if (table) { const shown = document.getElementById(table.dataset.show); shown.hidden = !shown.hidden; table.setAttribute("aria-expanded", String(!shown.hidden)); }
  });

  palette?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); movePalette(event.key === "ArrowDown" ? 1 : -1); }
    // What was found for an older text is not what is meant: then the form is sent, and the page answers.
    if (event.key === "Enter" && event.target.matches("input") && field.value === answered) {
      const chosen = $("[aria-selected=true]", palette) || $("li a", palette);
      if (chosen) { event.preventDefault(); location.href = chosen.href; }
    }
  });

  let asked = "", answered = "";
  palette?.addEventListener("htmx:beforeRequest", () => { asked = field.value; });
  palette?.addEventListener("htmx:afterSwap", () => { answered = asked; });

  let awaiting = false;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !("keys" in document.body.dataset)) return;
    if (awaiting) {
      awaiting = false;
      const place = $(`.nav [data-go="${CSS.escape(event.key.toLowerCase())}"]`);
      if (place) location.href = place.href;
      return;
    }
    if (event.key === "g") awaiting = true;
    else if (event.key === "/") { event.preventDefault(); openPalette(); }
    else if (event.key === "?") $("#keys")?.showModal();
    else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".table tbody tr a:first-of-type, .inbox a")].filter((link, at, all) => all.findIndex((other) => other.closest("tr, li") === link.closest("tr, li")) === at);
      const at = rows.indexOf(document.activeElement);
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
      next?.focus();
    }
  });

  // A form that is sent once: a second press while it is on its way does nothing.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    const ask = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (ask && !window.confirm(ask)) { event.preventDefault(); return; }
    if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // What htmx puts into the one dialog of the page opens it; closed, it forgets.
  const sheet = $("#dialog");
  document.addEventListener("htmx:afterSwap", (event) => { if (sheet && event.target === sheet && !sheet.open) sheet.showModal(); });
  sheet?.addEventListener("close", () => { sheet.replaceChildren(); });

  // Selects of a filter bar apply at once.
  document.addEventListener("change", (event) => { if (event.target.closest("form[data-apply]")) event.target.form.requestSubmit(); });

  // A page whose figures are being made loads itself again.
  const again = $("[data-again]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);

  setTimeout(() => document.querySelectorAll(".toasts .toast").forEach((toast) => { if (!toast.matches(":focus-within, :hover")) toast.remove(); }), 8000);
})();
