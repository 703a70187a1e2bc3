// What makes the sandbox's pages handier; each of them works without.
(() => {
  const copied = document.currentScript.dataset.copied;

  // Buttons that copy what stands beside them; where the browser has no clipboard they stay hidden.
  const offerCopies = () => {
    if (navigator.clipboard === undefined) return;
    for (const button of document.querySelectorAll("button.copy[hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (button === null) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    if (before === copied) return;
    button.textContent = copied;
    setTimeout(() => { button.textContent = before; }, 1500);
  });

  // Rows of a table by what one types.
  for (const input of document.querySelectorAll("input[data-filters]")) {
    const rows = document.querySelectorAll(`#${input.dataset.filters} tbody tr`);
    input.hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().trim();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }

  // Seconds that run out.
  const counting = document.querySelectorAll("[data-seconds]");
  if (counting.length > 0) {
    const began = performance.now();
    setInterval(() => {
      for (const place of counting) {
        const left = Number(place.dataset.seconds) - (performance.now() - began) / 1000;
        place.textContent = String(Math.max(0, Math.ceil(left)));
      }
    }, 250);
  }

  // A list that is asked for again every two seconds, and replaced only when it has changed.
  for (const list of document.querySelectorAll("[data-renewed-from]")) {
    let shown = "";
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(list.dataset.renewedFrom);
        if (!answer.ok) return;
        const text = await answer.text();
        if (text !== shown) {
          list.innerHTML = text;
          offerCopies();
        }
        shown = text;
      } catch {
        // The server is away for a moment; the next round asks again.
      }
    }, 2000);
  }

  offerCopies();
})();
