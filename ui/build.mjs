/**
 * Builds the page: `npm run build` into gateway/static/ui, `-- --out FOLDER` elsewhere.
 *
 * The same sources give the same bytes: versions are pinned in package.json, and no name or date of a build goes in.
 */

import { context, build } from "esbuild";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "../gateway/static/ui" },
    watch: { type: "boolean", default: false },
    tests: { type: "boolean", default: false },
  },
});

/** KaTeX names each font in three formats; every browser that runs this page reads the first. */
const oneFormatOfFonts = {
  name: "one-format-of-fonts",
  setup(made) {
    made.onLoad({ filter: /katex\.min\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      return { contents: css.replaceAll(/,url\([^)]+\.(?:woff|ttf)\) format\("\w+"\)/g, ""), loader: "css" };
    });
  },
};

const page = {
  entryPoints: { app: "src/main.tsx" },
  outdir: values.out,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  charset: "utf8",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file" },
  plugins: [oneFormatOfFonts],
  metafile: true,
  logLevel: "warning",
};

if (values.tests) await buildTests();
else if (values.watch) await watch();
else await buildPage();

async function buildPage() {
  await rm(values.out, { recursive: true, force: true });
  await mkdir(values.out, { recursive: true });
  const { metafile } = await build(page);
  await cp("src/index.html", join(values.out, "index.html"));
  await cp("src/icon.svg", join(values.out, "icon.svg"));
  await writeFile(join(values.out, "THIRD_PARTY.txt"), await licences(Object.keys(metafile.inputs)));
}

async function watch() {
  await buildPage();
  const watching = await context(page);
  await watching.watch();
}

async function buildTests() {
  const entryPoints = (await readdir("tests"))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `tests/${name}`);
  await rm(".tests", { recursive: true, force: true });
  await build({ entryPoints, outdir: ".tests", bundle: true, format: "esm", platform: "node", logLevel: "warning" });
}

/** The licences of the packages that are in the bundle. */
async function licences(inputs) {
  const packages = new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
  packages.delete(undefined);
  const texts = [];
  for (const name of [...packages].sort()) {
    const folder = join("node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    if (files.length === 0) throw new Error(`${name} has no licence file`);
    const own = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    texts.push(`${name} ${version} (${license})\n\n${own.map((text) => text.trim()).join("\n\n")}\n`);
  }
  const rule = `\n${"=".repeat(80)}\n\n`;
  return `What others wrote of app.js, app.css and fonts/ (the fonts are KaTeX's).\n${rule}${texts.join(rule)}`;
}
