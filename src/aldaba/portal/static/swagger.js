/** Swagger UI over this server's document, for reading: calls with sealed fields are made in *Try it*. */
import { mendHeadings } from "./mending.js";
import { element } from "./page.js";
const root = document.documentElement;
const dark = () => root.classList.toggle("dark-mode", root.dataset["bsTheme"] === "dark");
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
        // What stands outside its main part, and what chooses the server, have no label.
        for (const [place, name] of [[".information-container", "OpenAPI"], [".scheme-container", "Server"]]) {
            const part = viewer.querySelector(place);
            part?.setAttribute("role", "region");
            part?.setAttribute("aria-label", name);
        }
        viewer.querySelector("select")?.setAttribute("aria-label", "Server");
        mendHeadings(viewer);
        viewer.dataset["ready"] = "yes";
    },
});
