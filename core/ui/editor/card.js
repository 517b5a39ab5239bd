/* The card of a mark: what it is, why, what it becomes, and what can be decided about it. Reached by pointer, touch, and keyboard. */
const HUES = "__HUES__";
const REASONS = "__REASONS__";
const FOUND_BY = {
  identity: "the identity panel",
  decision: "you",
  "site-list": "your site's list",
  tagger: "the trained model",
  propagation: "the same value elsewhere in this case",
};
const ALWAYS = {
  identity: "It stands in the identity panel, so it is always removed.",
  "site-list": "Your site's list always removes it.",
};
const LINGER_MS = 260;
const LONGEST_TERM = 200;

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function plainly(detector) {
  return FOUND_BY[detector] ?? `the rule “${String(detector ?? "").replace(/[_:.-]+/g, " ")}”`;
}

function fate(span) {
  return span.state === "flagged" ? "keep or redact: you decide" : `becomes ${span.tag}`;
}

function words(span) {
  return `${capital(span.category)} ${fate(span)} (found by ${plainly(span.detector)})`;
}

/* Letters and digits belong to words; a selection that ends inside one is taken to mean all of it. */
const WORD = /[\p{L}\p{N}\p{M}]/u;

function wholeWords(text, start, end) {
  while (start < end && !WORD.test(pointAt(text, start))) start += pointAt(text, start).length;
  while (end > start && !WORD.test(pointBefore(text, end))) end -= pointBefore(text, end).length;
  while (start > 0 && WORD.test(pointBefore(text, start))) start -= pointBefore(text, start).length;
  while (end < text.length && WORD.test(pointAt(text, end))) end += pointAt(text, end).length;
  return [start, end];
}

function pointAt(text, at) {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function pointBefore(text, at) {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low < 0xe000 && at > 1 ? text.slice(at - 2, at) : text.slice(at - 1, at);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

class Card {
  /* `decide(kind, term, reason)` is told what was chosen; `home()` gives the focus back. */
  constructor(root, decide, home) {
    this.root = root;
    this.box = root.querySelector(".card");
    this.decide = decide;
    this.home = home;
    this.span = null;
    this.pinned = false;
    this.open = true;
    /* The text field keeps the focus, and with it the selection, while the card is used by pointer. */
    this.box.addEventListener("mousedown", (e) => e.preventDefault());
    this.box.addEventListener("mouseenter", () => clearTimeout(this.timer));
    this.box.addEventListener("mouseleave", () => this.leave());
    this.box.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      e.stopPropagation();
      this.hide();
      this.home();
    });
    this.outside = (e) => { if (!e.composedPath().includes(this.root)) this.hide(); };
    document.addEventListener("pointerdown", this.outside);
  }

  stop() {
    clearTimeout(this.timer);
    document.removeEventListener("pointerdown", this.outside);
  }

  /* For a mark under the pointer: a pinned card stays until it is dismissed. */
  hint(span, term, rect) {
    clearTimeout(this.timer);
    if (this.pinned || (!this.box.hidden && this.span === span)) return;
    this.show(span, term, rect, false);
  }

  leave() {
    clearTimeout(this.timer);
    if (!this.pinned && !this.box.hidden) this.timer = setTimeout(() => this.hide(), LINGER_MS);
  }

  show(span, term, rect, pinned) {
    this.span = span;
    const becomes = span.state === "flagged" ? element("span", fate(span)) : element("code", span.tag);
    const said = element("p");
    said.append(element("b", capital(span.category)), span.state === "flagged" ? " · " : " becomes ", becomes);
    const why = element("p", `Found by ${plainly(span.detector)}.`, "why");
    this.put(`${term}: ${words(span)}`, span, [said, why, ...(this.open ? this.choices(span, term) : [])], rect, pinned);
  }

  offer(term, rect) {
    this.span = null;
    const shown = term.length > 40 ? `${term.slice(0, 40)}…` : term;
    const redact = this.button(`Redact “${shown}” everywhere in this case`, () => this.decide("redact", term));
    this.put(`Selected: ${shown}`, { category: "" }, [redact], rect, true);
  }

  put(name, span, parts, rect, pinned) {
    clearTimeout(this.timer);
    this.pinned = pinned;
    this.box.setAttribute("aria-label", name);
    this.box.dataset.hue = HUES[span.category] ?? (span.category ? "red" : "accent");
    this.box.replaceChildren(...parts);
    this.box.hidden = false;
    const home = this.root.getBoundingClientRect();
    this.box.style.left = `${Math.max(0, Math.min(rect.left - home.left, home.width - this.box.offsetWidth))}px`;
    this.box.style.top = `${rect.bottom - home.top + 4}px`;
  }

  choices(span, term) {
    if (ALWAYS[span.detector]) return [element("p", ALWAYS[span.detector], "why")];
    if (span.detector === "decision") return [this.button("Undo: leave it to the redactor", () => this.decide("undo", term))];
    if (span.state === "flagged") {
      const both = element("div", "", "choices");
      both.append(this.button("Redact", () => this.decide("redact", term)), this.button("Keep", () => this.decide("keep", term)));
      return [both];
    }
    return this.keeping(term);
  }

  keeping(term) {
    const reasons = element("div", "", "reasons");
    reasons.hidden = true;
    reasons.setAttribute("role", "group");
    reasons.setAttribute("aria-label", "Why it may stay");
    for (const [code, said] of REASONS) reasons.append(this.button(said, () => this.decide("keep", term, code)));
    const keep = this.button("Keep in clear, because…", () => {
      reasons.hidden = !reasons.hidden;
      keep.setAttribute("aria-expanded", String(!reasons.hidden));
      this.pinned = true;
      if (keep.matches(":focus") && !reasons.hidden) reasons.firstChild.focus();
    });
    keep.setAttribute("aria-expanded", "false");
    return [keep, reasons];
  }

  button(said, act) {
    const made = element("button", said);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  focus() {
    const first = this.box.querySelector("button");
    if (first) first.focus();
    return Boolean(first);
  }

  hide() {
    clearTimeout(this.timer);
    this.box.hidden = true;
    this.pinned = false;
    this.span = null;
  }
}

/* Every mark of the field once, as a list of buttons: the same decisions for those who cannot point at a mark. */
class Roll {
  constructor(root, choose) {
    this.button = root.querySelector(".roll");
    this.list = root.querySelector(".marks");
    this.choose = choose;
    this.drawn = "";
    this.button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    this.list.hidden = !this.list.hidden;
    this.button.setAttribute("aria-expanded", String(!this.list.hidden));
    this.button.textContent = this.list.hidden ? "Show list" : "Hide list";
  }

  draw(spans, text) {
    const once = new Map();
    for (const span of spans) {
      const term = text.slice(span.start, span.end);
      once.set(`${span.state}|${span.category}|${span.tag}|${term}`, { span, term });
    }
    const now = [...once.keys()].join("\n");
    this.button.hidden = !once.size;
    if (!once.size && !this.list.hidden) this.toggle();
    if (now === this.drawn) return;
    const held = [...this.list.querySelectorAll("button")].findIndex((b) => b.matches(":focus"));
    this.drawn = now;
    this.list.replaceChildren(...[...once.values()].map(({ span, term }) => this.item(span, term)));
    if (held >= 0) this.list.querySelectorAll("button")[Math.min(held, once.size - 1)]?.focus();
  }

  item(span, term) {
    const made = element("button", term);
    made.type = "button";
    made.dataset.hue = HUES[span.category] ?? "red";
    made.dataset.state = span.state;
    made.setAttribute("aria-label", `${term}: ${span.category}, ${fate(span)}`);
    made.addEventListener("click", () => this.choose(span, term, made.getBoundingClientRect()));
    const row = element("li");
    row.append(made);
    return row;
  }
}
