// Python, in a thread of its own: the page ends it to stop a cell.
//
// Takes { codes, number, data, lang, words }: all cells of the page, which to run, the names of the
// tables that they read, the language of the page, and its phrases by the English ones. Sends
// { kind, values }: what the kernel sends, what is being loaded, "done", or "dead" and why.

import { loadPyodide } from "../pyodide/pyodide.mjs";

const PYODIDE = new URL("../pyodide/", import.meta.url).href;
const MODULES = ["kernel.py", "backend.py", "dark.py"];
// Loaded by Pyodide before any package.
const CORE = ["pyodide.asm.wasm", "python_stdlib.zip"];

const send = (kind, ...values) => postMessage({ kind, values });
let sizes, loaded, total;

// Count the bytes as they come, whoever asks for them. Pyodide goes on without an end where its own
// program does not come, so whatever is lost is told from here.
const plainFetch = fetch;
globalThis.fetch = async (...request) => {
  const { href } = new URL(request[0].url ?? request[0], import.meta.url);
  if (!href.startsWith(PYODIDE)) return plainFetch(...request);
  const lost = (cause) => send("dead", `could not fetch ${href}: ${cause}`);
  try {
    const answer = await plainFetch(...request);
    const { headers, ok, status } = answer;
    if (!ok) throw new Error(status);
    const counter = new TransformStream({
      transform(chunk, out) {
        loaded += chunk.byteLength;
        send("loading", loaded, Math.max(total, loaded));
        out.enqueue(chunk);
      },
    });
    answer.body.pipeTo(counter.writable).catch(lost);
    return new Response(counter.readable, { headers, status });
  } catch (error) {
    lost(error);
    throw error;
  }
};

const expect = (files) => {
  loaded = 0;
  total = files.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
};

async function start(data, lang, words) {
  sizes = await (await plainFetch(`${PYODIDE}sizes.json`)).json();
  const lock = await (await plainFetch(`${PYODIDE}pyodide-lock.json`)).json();
  const filesOf = (names) => {
    const found = new Set();
    const visit = (name) => {
      if (python?.loadedPackages[name] || found.has(lock.packages[name].file_name)) return;
      found.add(lock.packages[name].file_name);
      lock.packages[name].depends.forEach(visit);
    };
    names.forEach(visit);
    return [...found];
  };
  let python;
  expect([...CORE, ...filesOf(["softmax-lessons"])]);
  python = await loadPyodide({ indexURL: PYODIDE });
  // Pyodide goes on without a package that does not come.
  const load = async (names) => {
    await python.loadPackage(names, { messageCallback() {}, errorCallback() {} });
    const absent = names.filter((name) => !python.loadedPackages[name]);
    if (absent.length) throw new Error(`could not fetch ${absent}`);
  };
  await load(["numpy", "softmax-lessons"]);
  const copy = async (name, folder) => {
    const answer = await plainFetch(new URL(name, import.meta.url));
    if (!answer.ok) throw new Error(`could not fetch ${name}`);
    python.FS.writeFile(`${folder}/${name}`, new Uint8Array(await answer.arrayBuffer()));
  };
  for (const name of MODULES) await copy(name, "/home/pyodide");
  python.FS.mkdirTree("/home/data"); // "../data", as in the repository
  for (const name of data) await copy(`data/${name}`, "/home");
  const kernel = python.pyimport("kernel").start(send, lang, python.toPy(words));
  return {
    async run(codes, number) {
      const packages = kernel.packages(codes, number).toJs();
      expect(filesOf(packages));
      if (total) await load(packages);
      send("loaded");
      kernel.run(codes, number);
    },
  };
}

// What nobody waits for must not end in silence either.
onunhandledrejection = (event) => {
  event.preventDefault();
  send("dead", String(event.reason));
};

let kernel;
onmessage = async ({ data: { codes, number, data, lang, words } }) => {
  try {
    const { run } = await (kernel ??= start(data, lang, words));
    await run(codes, number);
    send("done");
  } catch (error) {
    send("dead", String(error));
  }
};
