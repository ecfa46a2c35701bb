/* What the pages can do better with a script. Every page works without it.
   Words shown to a person come from the page's own attributes, so that they are translated. */
(() => {
  "use strict";

  const all = (selector, root) => {
    const found = Array.from((root || document).querySelectorAll(selector));
    return root instanceof Element && root.matches(selector) ? [root, ...found] : found;
  };

  const announce = (text) => {
    const region = document.getElementById("announce");
    if (region) region.textContent = text;
  };

  /* Countdown: <time data-countdown-until data-now data-left data-warn data-over> */
  const startCountdown = (time) => {
    const until = Date.parse(time.dataset.countdownUntil);
    if (Number.isNaN(until) || time.dataset.running) return;
    time.dataset.running = "yes";
    const ahead = time.dataset.now ? Date.parse(time.dataset.now) - Date.now() : 0;
    const left = document.createElement("span");
    left.setAttribute("role", "timer");
    time.after(left);
    let warned = false;
    const tick = () => {
      if (!time.isConnected) return;
      const seconds = Math.ceil((until - Date.now() - ahead) / 1000);
      if (seconds <= 0) {
        left.textContent = ` (${time.dataset.over || "0:00"})`;
        announce(time.dataset.over || "");
        return;
      }
      const minutes = String(Math.floor(seconds / 60));
      const clock = String(seconds % 60).padStart(2, "0");
      const words = time.dataset.left || "MINUTES:SECONDS";
      left.textContent = ` (${words.replace("MINUTES", minutes).replace("SECONDS", clock)})`;
      if (!warned && seconds <= 120) {
        warned = true;
        announce(time.dataset.warn || "");
      }
      window.setTimeout(tick, 1000);
    };
    tick();
  };

  /* The zone of this browser, where the page does not know it: [data-guess-zone] on an input or a
     select. data-guess-zone="submit" asks for the page again with it; the answer knows the zone. */
  const guessZone = (control) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone || control.value === zone) return;
    if (control instanceof HTMLSelectElement) {
      if (!Array.from(control.options).some((option) => option.value === zone)) {
        const city = zone.split("/").pop().replaceAll("_", " ");
        control.add(new Option(city, zone), 0);
      }
    }
    control.value = zone;
    if (control.dataset.guessZone !== "submit" || !control.form) return;
    const asked = new URLSearchParams(new FormData(control.form));
    window.location.replace(`${window.location.pathname}?${asked}`);
  };

  /* A part of the page that asks for itself anew: [data-poll="address"][data-poll-seconds]. Its
     answer replaces what is inside; an answer elsewhere (X-Go-To) takes the whole page there. */
  const poll = (part) => {
    if (part.dataset.polling) return;
    part.dataset.polling = "yes";
    const wait = Math.max(3, Number(part.dataset.pollSeconds) || 10) * 1000;
    const ask = async () => {
      if (!part.isConnected) return;
      if (document.visibilityState === "visible") {
        try {
          const answer = await fetch(part.dataset.poll, { credentials: "same-origin" });
          const goTo = answer.headers.get("X-Go-To");
          if (goTo && goTo.startsWith("/") && !goTo.startsWith("//")) {
            window.location.assign(goTo);
            return;
          }
          if (answer.redirected || answer.status === 404) {
            window.location.reload();
            return;
          }
          if (answer.ok && answer.status !== 204) {
            const text = await answer.text();
            if (text.trim() !== part.dataset.last) {
              part.dataset.last = text.trim();
              part.innerHTML = text;
              wake(part);
            }
          }
        } catch {
          /* offline for a moment: ask again */
        }
      }
      window.setTimeout(ask, wait);
    };
    window.setTimeout(ask, wait);
  };

  const wake = (root) => {
    all("[data-countdown-until]", root).forEach(startCountdown);
    all("[data-guess-zone]", root).forEach(guessZone);
    all("[data-poll]", root).forEach(poll);
  };

  const focus = (element) => {
    if (!element) return;
    if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
    element.focus();
  };

  /* A form is sent once. The buttons stay enabled, so that their names and values are sent. */
  const RELEASE = 8000;
  const release = (form) => {
    delete form.dataset.sent;
    all("[aria-disabled]", form).forEach((button) => button.removeAttribute("aria-disabled"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "yes";
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
    window.setTimeout(() => release(form), RELEASE);
  }, true);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach(release);
  });

  /* What the browser misses in a form may stand in a part that is folded away. */
  document.addEventListener("invalid", (event) => {
    const missed = "input:invalid, select:invalid, textarea:invalid";
    const first = event.target.form?.querySelector(missed);
    const folded = event.target.closest("details:not([open])");
    if (!folded) return;
    if (event.target === first) folded.open = true;
    else event.preventDefault(); /* the browser could not show it; the first is enough */
  }, true);

  /* The browser refused a passkey, or the person did. */
  document.addEventListener("allauth.error", (event) => {
    const messages = document.getElementById("messages");
    if (!messages) return;
    event.preventDefault();
    const said = document.createElement("p");
    said.className = "notice danger";
    said.textContent = messages.dataset.passkeyFailed;
    messages.replaceChildren(said);
  });

  document.addEventListener("DOMContentLoaded", () => {
    wake(document);
    const here = document.querySelector(".staff-nav [aria-current]");
    if (here) here.parentNode.parentNode.parentNode.scrollLeft = here.offsetLeft - 16;
    focus(document.querySelector("[data-focus]"));
  });
})();
