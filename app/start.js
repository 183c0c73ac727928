// Starts the page, keeps it working offline, and says what is missing where it cannot start.
// A file of its own, because the content security policy allows no inline script.

const MISSING = [
  [typeof WebAssembly === "object", "WebAssembly"],
  [typeof Worker === "function", "web workers"],
  [typeof Worker !== "function" || knowsModuleWorkers(), "web workers whose scripts are modules"],
];

// Older browsers start workers from plain scripts only. No worker is started here: the address is none, and a browser that knows
// of types has asked for this one before it says so.
function knowsModuleWorkers() {
  let isAsked = false;
  const options = {
    get type() {
      isAsked = true;
      return "module";
    },
  };
  try {
    new Worker("http://[", options);
  } catch {
    // As expected.
  }
  return isAsked;
}

// Says in the page why there is no page.
function explain(sentence) {
  const line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.className = "cannot-start";
  line.textContent = sentence;
  document.body.prepend(line);
}

async function startPage() {
  const missing = MISSING.filter(([there]) => !there).map(([, name]) => name);
  if (missing.length > 0) {
    explain(`Tablog needs ${missing.join(" and ")}, which this browser lacks or has switched off.`);
    return;
  }
  try {
    const page = await import("./page.js");
    await page.default({ module_or_path: new URL("./page_bg.wasm", import.meta.url) });
  } catch (error) {
    explain(`Tablog could not start: ${error?.message ?? error}. Reload the page to try again.`);
  }
}

// The service worker holds one whole build and answers from it. A newer build waits until the person asks for it:
// the page hears "tablog-update" (and finds data-update on the root element), shows the offer, and says "tablog-reload".
async function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  let hadController = workers.controller !== null;

  const offer = () => {
    document.documentElement.dataset.update = "ready";
    window.dispatchEvent(new CustomEvent("tablog-update"));
  };
  let reloading = false;
  workers.addEventListener("controllerchange", () => {
    if (reloading) window.location.reload();
    else if (hadController) offer(); // Another tab took the update: this one goes on as it is until its person reloads.
    hadController = true;
  });

  const registration = await workers.register("./sw.js", { updateViaCache: "none" });
  window.addEventListener("tablog-reload", () => {
    if (registration.waiting === null) return window.location.reload();
    reloading = true;
    registration.waiting.postMessage("take-over");
  });
  const follow = (worker) => {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && workers.controller !== null) offer();
    });
  };
  if (registration.waiting !== null && workers.controller !== null) offer();
  follow(registration.installing);
  registration.addEventListener("updatefound", () => follow(registration.installing));
  // What the first screen does not need (the samples) is fetched now, when it is in nobody's way.
  (await workers.ready).active?.postMessage("fetch-the-rest");
}

await startPage();
// Where offline use is refused (a private window, a file: address), the page works as it is.
keepOffline().catch(() => {});
