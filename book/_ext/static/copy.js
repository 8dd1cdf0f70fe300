// Buttons that copy a text of the page, and say that they did: see about.py.
addEventListener("DOMContentLoaded", () => {
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text.innerText.trim());
      return true;
    } catch {
      // Not from a page that came without encryption: the older way copies what is selected.
      getSelection().selectAllChildren(text);
      return document.execCommand("copy");
    }
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const text = document.getElementById(button.dataset.copy).querySelector("pre");
    const status = button.parentElement.querySelector("[role=status]");
    button.addEventListener("click", async () => {
      status.textContent = ""; // so that the same words are announced again
      const done = await copy(text);
      setTimeout(() => {
        status.textContent = done
          ? _("Copied.")
          : _("Not copied: the text is selected, copy it by hand.");
      }, 100);
    });
  }
});
