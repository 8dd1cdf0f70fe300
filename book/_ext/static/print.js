// Makes the print button work: the content policy forbids the handler that the theme writes into it.
document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => print());
