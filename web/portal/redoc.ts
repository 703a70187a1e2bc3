/** Redoc over this server's document: no search (it would start a worker from a blob), no logo, the house's colours. */

import { mendHeadings } from "./mending.js";
import { element } from "./page.js";

interface Redoc {
    init(address: string, options: object, place: HTMLElement, done: () => void): void;
}

declare const Redoc: Redoc;

const styles = getComputedStyle(document.documentElement);
const colour = (name: string): string => styles.getPropertyValue(`--${name}`).trim();

function theme(): object {
    const [paper, ink, soft, panel, accent, line] = ["paper", "ink", "soft", "panel", "accent", "line"].map(colour);
    return {
        colors: {
            primary: { main: accent },
            text: { primary: ink, secondary: soft },
            border: { dark: line, light: line },
            success: { main: colour("good") },
            error: { main: colour("bad") },
        },
        typography: {
            fontFamily: "inherit",
            fontSize: "16px",
            headings: { fontFamily: "inherit" },
            code: { color: ink, backgroundColor: panel, fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
            links: { color: accent, visited: accent, hover: accent },
        },
        sidebar: { backgroundColor: panel, textColor: ink, activeTextColor: accent },
        schema: { nestedBackground: panel, typeNameColor: soft, typeTitleColor: soft, requireLabelColor: colour("bad") },
        rightPanel: { backgroundColor: "#24211c", textColor: "#ece7dd" },
        codeBlock: { backgroundColor: "#191714" },
        backgroundColor: paper,
    };
}

const viewer = element("viewer");

/** Redoc takes its colours once, so another look is another Redoc. */
function show(): void {
    const place = document.createElement("div");
    viewer.replaceChildren(place);
    const options = { disableSearch: true, hideDownloadButton: true, nativeScrollbars: true, theme: theme() };
    Redoc.init("/openapi.json", options, place, () => (viewer.dataset["ready"] = "yes"));
}

show();
mendHeadings(viewer);
new MutationObserver(show).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-bs-theme"],
});
