/** The page as the scripts see it: its elements, and the words the server put into it. */
/** The element of that id. Throws where the page lacks it. */
export function element(id) {
    const found = document.getElementById(id);
    if (found === null)
        throw new Error(`the page lacks #${id}`);
    return found;
}
/** A new element holding these; text goes in as text, never as markup. */
export function made(tag, kind, ...content) {
    const one = document.createElement(tag);
    if (kind)
        one.className = kind;
    one.append(...content);
    return one;
}
/** A link of this site. */
export function link(address, text) {
    const one = document.createElement("a");
    one.href = address;
    one.textContent = text;
    return one;
}
/** What the page says in the reader's language. */
export function said(key) {
    return document.querySelector(`#said [data-key="${key}"]`)?.textContent ?? key;
}
