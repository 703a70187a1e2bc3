/** Swagger UI over this server's document, for reading: calls with sealed fields are made in *Try it*. */

import { element } from "./page.js";

declare const SwaggerUIBundle: (options: object) => unknown;

const root = document.documentElement;
const dark = (): unknown => root.classList.toggle("dark-mode", root.dataset["bsTheme"] === "dark");
dark();
new MutationObserver(dark).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });

const viewer = element("viewer");
SwaggerUIBundle({
    url: "/openapi.json",
    domNode: viewer,
    validatorUrl: null,
    supportedSubmitMethods: [],
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    onComplete: () => {
        // The page has its main part already, and what chooses the server has no label.
        viewer.querySelector("main")?.setAttribute("role", "none");
        viewer.querySelector("select")?.setAttribute("aria-label", "Server");
        viewer.dataset["ready"] = "yes";
    },
});
