/** Mends what others' drawings leave out for those who listen to a page: headings that skip a level. */

const HEADINGS = "h1, h2, h3, h4, h5, h6";

/** No heading of the page lies more than one level below the one before it; kept so while the drawing changes. */
export function mendHeadings(drawing: HTMLElement): void {
    const mend = (): void => {
        let before = 0;
        for (const heading of document.querySelectorAll<HTMLElement>(HEADINGS)) {
            const drawn = Number(heading.tagName.slice(1));
            const level = drawing.contains(heading) ? Math.min(drawn, before + 1) : drawn;
            if (level !== drawn && heading.ariaLevel !== String(level)) {
                heading.role = "heading";
                heading.ariaLevel = String(level);
            }
            before = level;
        }
    };
    mend();
    new MutationObserver(mend).observe(drawing, { childList: true, subtree: true });
}
