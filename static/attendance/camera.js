// Reads badges with the phone's camera: by the browser's own detector, else by a library in this page.

const LOOK_EVERY_MS = 150;
const SAME_BADGE_MS = 4000;
const WIDEST = 800;

export function startCamera({ root, onBadge, onTrouble }) {
  const start = root.querySelector(".scan-start");
  const view = root.querySelector(".viewfinder");
  const video = view.querySelector("video");
  if (!navigator.mediaDevices?.getUserMedia) return;
  start.hidden = false;
  let stream = null;

  start.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      onTrouble();
      return;
    }
    video.srcObject = stream;
    await video.play();
    view.hidden = false;
    start.hidden = true;
    watch(await reader());
  });

  view.querySelector(".scan-stop").addEventListener("click", stop);

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
    start.hidden = false;
  }

  async function watch(read) {
    let last = "";
    let lastAt = 0;
    while (stream) {
      const text = video.videoWidth ? await read(video) : null;
      if (text && (text !== last || Date.now() - lastAt > SAME_BADGE_MS)) {
        navigator.vibrate?.(80);
        onBadge(text);
      }
      if (text) [last, lastAt] = [text, Date.now()];
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }
}

async function reader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => [])) || [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue;
  }
  const { default: decode } = await import("../vendor/qr/decode.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decode(context.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return null; // no code in this picture
    }
  };
}
