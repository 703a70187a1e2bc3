/** Plays the one scene that the command line names: `main.js stories firstLogin`. */

const [file = "", name = ""] = process.argv.slice(2);
if (file !== "vectors") await (await import("./bank.js")).reset();
const scenes = (await import(`./${file}.js`)) as Record<string, () => Promise<void>>;
await scenes[name]?.();
console.log(`played ${name}`);
