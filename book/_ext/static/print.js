// The button that prints: the content policy forbids the handler that the theme writes into it.
document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => print());
