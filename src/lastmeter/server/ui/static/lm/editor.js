// Line numbers beside a text that is edited; mistakes lead to their lines. Tab stays what it is: it leaves the field.
(() => {
  "use strict";
  for (const editor of document.querySelectorAll("[data-editor]")) {
    const text = editor.querySelector("textarea");
    const gutter = editor.querySelector(".gutter");
    const wrong = new Set(text.dataset.lines.trim().split(/\s+/).filter(Boolean).map(Number));
    let shown = 0;
    const number = () => {
      const lines = text.value.split("\n").length;
      if (lines === shown) return;
      shown = lines;
      gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => {
        const line = document.createElement("span");
        line.textContent = `${at + 1}\n`;
        if (wrong.has(at + 1)) line.className = "wrong";
        return line;
      }));
    };
    const follow = () => { gutter.scrollTop = text.scrollTop; };
    text.addEventListener("input", number);
    text.addEventListener("scroll", follow);
    number();
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-line]");
      if (!link) return;
      event.preventDefault();
      const line = Number(link.dataset.line);
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      text.focus();
      text.setSelectionRange(start, start + (lines[line - 1] || "").length);
      text.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(text).lineHeight));
      editor.scrollIntoView({ block: "center" });
    });
  }
})();
