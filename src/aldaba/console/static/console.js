// What the keyboard does beyond the browser: "/" goes to the search; a file chosen is put into its text field.
addEventListener("keydown", (event) => {
  const into = event.target.closest("input, textarea, select");
  if (event.key !== "/" || into !== null || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-slash]");
  if (search === null) return;
  event.preventDefault();
  search.focus();
  search.select();
});

for (const text of document.querySelectorAll("textarea[data-file]")) {
  const choose = document.createElement("input");
  choose.type = "file";
  choose.className = "form-control";
  choose.setAttribute("aria-label", document.querySelector(`label[for="${text.id}"]`).textContent);
  choose.addEventListener("change", async () => {
    if (choose.files.length === 1) text.value = await choose.files[0].text();
  });
  text.before(choose);
}
