// The photographs that wait, scored one after the other by one worker; it is made anew after a crash or a stop.

const work = {
  worker: null, // a promise of one
  waiting: [], // entries { file, reference, begin, onPart, onDone, onFailed }
  now: null,
  onChange() {},
};

function enqueue(entries) {
  work.waiting.push(...entries);
  work.onChange();
  next();
}

async function next() {
  if (work.now || !work.waiting.length) return;
  const entry = (work.now = work.waiting.shift());
  work.onChange();
  try {
    work.worker ??= startWorker();
    const worker = await work.worker;
    if (work.now !== entry) return; // stopped while the model was made ready
    await scored(worker, entry);
  } catch (error) {
    if (work.now !== entry) return;
    work.worker = null;
    entry.onFailed(error.message);
  }
  if (work.now !== entry) return;
  work.now = null;
  work.onChange();
  next();
}

/** Resolves when the entry has been told its score or why it has none. */
function scored(worker, entry) {
  return new Promise((resolve) => {
    worker.onmessage = ({ data: answer }) => {
      if (answer.kind === "part") return entry.onPart(answer);
      if (answer.kind === "scored") entry.onDone(answer);
      else entry.onFailed(answer.reason);
      if (answer.broken) forget(worker); // what ran out of memory once runs no more
      resolve();
    };
    worker.onerror = (event) => {
      entry.onFailed(event.message || "the browser stopped its worker, for want of memory most likely");
      forget(worker);
      resolve();
    };
    worker.postMessage({ kind: "score", file: entry.file, reference: entry.reference });
  });
}

function forget(worker) {
  worker.terminate();
  work.worker = null;
}

/** Lets go of what waits and of what is being scored. */
async function stop() {
  const left = [work.now, ...work.waiting].filter(Boolean);
  Object.assign(work, { now: null, waiting: [] });
  const worker = work.worker;
  work.worker = null;
  for (const entry of left) entry.onFailed("stopped");
  work.onChange();
  (await worker?.catch(() => null))?.terminate();
}
