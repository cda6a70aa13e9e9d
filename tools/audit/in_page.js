/* What is asked of a page that stands in a browser; each answer is a list of sentences about what is wrong. */
window.audit = {
  isSeen: (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0,

  name(element) {
    const words = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const classes = [...element.classList].map((one) => `.${one}`).join("");
    return `${element.localName}${element.id ? `#${element.id}` : ""}${classes} “${words}”`;
  },

  /* Everything that can be followed or pressed, by where it leads. */
  controls() {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
    return [...all].filter(audit.isSeen).map((one) => {
      const leads = one.getAttribute("href") ?? `${one.form?.action ?? ""} ${one.name ?? ""} ${one.value ?? ""} ${one.id}`;
      return `${one.localName} ${leads}`;
    });
  },

  isInScroller(element) {
    for (let above = element.parentElement; above && above !== document.body; above = above.parentElement) {
      if (getComputedStyle(above).overflowX !== "visible") return true;
    }
    return false;
  },

  tooWide() {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= window.innerWidth) return [];
    const out = [...document.body.querySelectorAll("*")].filter(
      (one) => audit.isSeen(one) && one.getBoundingClientRect().right > width + 1 && !audit.isInScroller(one),
    );
    const inmost = out.filter((one) => !out.some((other) => other !== one && one.contains(other)));
    const names = inmost.slice(0, 3).map(audit.name).join("; ");
    return [`${document.scrollingElement.scrollWidth} px wide: ${names}`];
  },

  /* Words that a box cuts off and nobody can scroll to. */
  cutOff() {
    const isCut = (one) => {
      const style = getComputedStyle(one);
      const clips = ["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
      // A map is moved instead.
      return clips && !one.matches(".leaflet-container") && one.clientWidth > 1 && one.textContent.trim() && audit.isSeen(one);
    };
    return [...document.body.querySelectorAll("*")].filter(isCut).map((one) => `cut off: ${audit.name(one)}`);
  },

  /* Bars that stay in view leave room for what they stand on. */
  covered() {
    const bars = [...document.body.querySelectorAll("*")].filter((one) => {
      const box = one.getBoundingClientRect();
      const stays = ["fixed", "sticky"].includes(getComputedStyle(one).position);
      return stays && audit.isSeen(one) && box.width > innerWidth / 2 && box.top < innerHeight && box.bottom > 0;
    });
    const height = bars.reduce((sum, one) => sum + one.getBoundingClientRect().height, 0);
    if (height <= innerHeight / 2) return [];
    return [`${Math.round(height)} of ${innerHeight} px covered: ${bars.map(audit.name).join("; ")}`];
  },

  moving() {
    const seconds = (text) => Math.max(...text.split(", ").map((one) => parseFloat(one) * (one.endsWith("ms") ? 0.001 : 1)));
    const faults = new Set();
    for (const one of document.querySelectorAll("*")) {
      for (const part of [null, "::before", "::after"]) {
        const style = getComputedStyle(one, part);
        const changes = style.transitionProperty !== "none" && seconds(style.transitionDuration) > 0.01;
        const runs = style.animationName !== "none" && seconds(style.animationDuration) > 0.01;
        if (changes || runs) faults.add(`moves: ${one.localName}.${[...one.classList].join(".")}${part ?? ""}`);
        if (!part && style.scrollBehavior === "smooth") faults.add(`scrolls smoothly: ${one.localName}`);
      }
    }
    const running = document.getAnimations().filter((one) => one.effect?.getComputedTiming().activeDuration > 10);
    running.forEach((one) => faults.add(`runs: ${one.animationName ?? one.transitionProperty ?? one.id}`));
    return [...faults];
  },
};
