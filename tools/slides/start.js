// The arrow keys walk through the slides, Esc shows them all, S opens the speaker's window, and
// ?print-pdf behind the address lays them out for paper.
const deck = new Reveal({
  center: false,
  hash: true,
  height: 800,
  margin: 0.03,
  plugins: [RevealNotes],
  slideNumber: "c/t",
  transition: "none",
  width: 1280,
});

// What is too high for its slide, a long table for example, is shown smaller.
const fit = () => {
  const slide = deck.getCurrentSlide();
  const shown = [...slide.children].filter((part) => !part.matches(".notes"));
  slide.style.zoom = 1;
  const frame = slide.getBoundingClientRect();
  const needed = Math.max(...shown.map((part) => part.getBoundingClientRect().bottom)) - frame.top;
  if (needed > frame.height) slide.style.zoom = frame.height / needed;
};
deck.on("slidechanged", fit);
deck.initialize().then(fit);
