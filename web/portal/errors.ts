/** Filters the table of errors while somebody types; without it the form asks the server. */

import { element } from "./page.js";

const form = element<HTMLFormElement>("find");
const query = element<HTMLInputElement>("q");
const status = element<HTMLSelectElement>("status");
const rows = [...document.querySelectorAll<HTMLTableRowElement>("tr[data-text]")];
const whole = query.value === "" && status.value === "";

function filter(): void {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
        const right = status.value === "" || row.dataset["status"] === status.value;
        row.hidden = !(right && words.every((word) => row.dataset["text"]?.includes(word)));
        count += row.hidden ? 0 : 1;
    }
    element("count").textContent = String(count);
}

// A page the server has filtered already lacks the other rows.
if (whole) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filter);
    filter();
}
