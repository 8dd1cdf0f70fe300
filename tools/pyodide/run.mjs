// Runs a program with Python and matplotlib as the pages have them, their files below /folder.
//
// node run.mjs FOLDER PROGRAM

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
// Bytecode without the columns of its source, which are a fifth of it.
const env = { PYTHONNODEBUGRANGES: "1" };
const python = await loadPyodide({ indexURL: `${folder}/`, env });
await python.loadPackage("matplotlib", { messageCallback() {} });
python.FS.mkdir("/folder");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/folder");
python.runPython(readFileSync(program, "utf8"));
