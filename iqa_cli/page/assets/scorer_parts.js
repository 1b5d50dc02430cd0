// The model and what runs it lie in the page, compressed, as text; here they become bytes again.

async function part(name) {
  const element = document.getElementById(`part-${name}`);
  const packed = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A worker with the model, ready to score. Rejects where the browser lacks what it needs. */
async function startWorker() {
  const [worker, glue, wasm, network] = await Promise.all(["worker", "glue", "wasm", "network"].map(part));
  const address = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  const made = new Worker(address);
  const { model, crop, overlap, crops, minimum, most } = data;
  const ready = new Promise((resolve, reject) => {
    made.onmessage = ({ data: answer }) => (answer.kind === "ready" ? resolve() : reject(new Error(answer.reason)));
    made.onerror = (event) => reject(new Error(event.message || "its worker does not start"));
  });
  const settings = { model, crop, overlap, crops, least: minimum, most };
  made.postMessage({ kind: "prepare", glue, wasm, network, ...settings }, [glue, wasm, network]);
  await ready;
  return made;
}
