const COUNT = new Intl.NumberFormat("en-US"); /* made once: making it anew was a seventh of the script that runs for a key */
const PREVIEW_DELAY_MS = 40;
/* An editor rests between two requests this many times as long as the last answer took, so that a busy server is asked less often. */
const REST = { inWord: 6, else: 1, most: 450 };
const PREVIEW_TIMEOUT_MS = 6000;
/* Every commit runs the whole page again: after a pause that is one, and seldom while the typing goes on, when it is the preview's
   requests that keep the draft; not on the beat, or those who began together would all be held up together, again and again. */
const COMMIT_MS = { pause: 2000, most: 90000, spread: 60000 };
const RETRY_MS = [1000, 2000, 5000, 10000];
const PLURALS = { "ip address": "ip addresses", biometric: "biometrics", "age over 89": "ages over 89", facility: "facilities" };

/* Text typed but not yet in Python, kept over a remount of the same field; gone when the tab closes. */
const unsent = new Map();
const editors = new WeakMap();

export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  let editor = editors.get(parentElement);
  if (!editor) {
    editor = new Editor(parentElement);
    editors.set(parentElement, editor);
  }
  editor.update(data, setStateValue, setTriggerValue);
  /* Streamlit may call an outdated mount's clean-up while the element lives on. */
  return () => setTimeout(() => {
    if (editor.root.isConnected) return;
    editor.stop();
    editors.delete(parentElement);
  }, 0);
}

function codePoints(text) {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

function amount(n, noun) {
  if (n === 1) return `1 ${noun}`;
  return `${n} ${PLURALS[noun] ?? (noun.endsWith("s") || noun.endsWith("x") ? noun + "es" : noun + "s")}`;
}

function tally(spans) {
  const counts = new Map();
  for (const s of spans) counts.set(s.category, (counts.get(s.category) ?? 0) + 1);
  return [...counts].map(([category, n]) => amount(n, category)).join(", ");
}

function summary(spans) {
  const masked = spans.filter((s) => s.state !== "flagged");
  const flagged = spans.filter((s) => s.state === "flagged");
  const parts = [];
  if (masked.length) parts.push(`${amount(masked.length, "identifier")} will be removed: ${tally(masked)}`);
  if (flagged.length) parts.push(`${flagged.length} to decide: ${tally(flagged)}`);
  return parts.join(" · ");
}

function reason(status) {
  if (status === 401 || status === 403) return "the session has ended; reload the page";
  if (status === 413) return "the text is too long";
  if (status === 429) return "too many requests; it will be tried again";
  return `the redaction service answered ${status}`;
}

class Editor {
  constructor(parent) {
    this.root = parent.querySelector(".cg-editor");
    const find = (selector) => this.root.querySelector(selector);
    this.area = find("textarea");
    this.backdrop = find(".backdrop");
    this.label = find("label");
    this.need = find(".need");
    this.status = find(".status");
    this.count = find(".count");
    this.problem = find(".problem");
    this.card = new Card(this.root, (...chosen) => this.decide(...chosen), () => this.area.focus());
    this.roll = new Roll(this.root, (span, term, rect) => { this.card.show(span, term, rect, true); this.card.focus(); });
    this.nonce = null;
    this.session = null;
    this.order = 0;
    this.rev = 0;
    this.text = "";
    this.spans = [];
    this.failure = "";
    this.failures = 0;
    this.answered = -1;
    this.took = 0;
    this.askedAt = 0;
    this.drawn = [];
    this.frame = null;
    this.at = null;
    this.sent = { text: "", ok: true };
    this.listen();
  }

  listen() {
    const area = this.area;
    area.addEventListener("input", () => this.typed());
    area.addEventListener("blur", () => { this.commit(); this.showCaption(null); });
    area.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) this.commit();
      if (e.key === "Enter" && e.altKey) { e.preventDefault(); this.openCard(); this.card.focus(); }
      if (e.key === "Escape") this.card.hide();
    });
    for (const name of ["keyup", "click", "focus"]) area.addEventListener(name, () => this.atCaret());
    area.addEventListener("click", () => this.openCard());
    area.addEventListener("select", () => { if (this.selection()) this.openCard(); });
    area.addEventListener("mousemove", (e) => this.hover(e));
    area.addEventListener("mouseleave", () => this.card.leave());
    this.flush = () => { if (document.visibilityState === "hidden") this.commit(); };
    document.addEventListener("visibilitychange", this.flush);
  }

  stop() {
    document.removeEventListener("visibilitychange", this.flush);
    this.card.stop();
    cancelAnimationFrame(this.frame);
    for (const timer of [this.previewTimer, this.commitTimer, this.retryTimer]) clearTimeout(timer);
    this.request?.abort();
  }

  update(data, send, trigger) {
    /* Streamlit may call a mount with what an earlier run said after the one with what a later run said. */
    if (data.session === this.session && data.order < this.order) return;
    this.session = data.session;
    this.order = data.order;
    this.data = data;
    this.send = send;
    this.trigger = trigger;
    this.card.open = data.decides;
    say(this.label, data.label);
    say(this.need, data.required ? "required" : "");
    this.root.style.setProperty("--rows", data.rows);
    this.area.disabled = data.disabled;
    this.area.placeholder = data.placeholder;
    this.area.setAttribute("aria-required", data.required);
    say(this.problem, data.problem);
    if (data.nonce !== this.nonce) this.adopt(data);
    else if (data.context !== this.context) this.askSoon();
    this.context = data.context;
    this.drawCount();
  }

  adopt(data) {
    this.nonce = data.nonce;
    this.card.hide();
    const kept = unsent.get(data.id);
    const text = kept?.nonce === data.nonce ? kept.text : data.value;
    if (kept?.nonce !== data.nonce) unsent.delete(data.id);
    this.area.value = text;
    this.text = this.area.value;
    this.spans = [];
    this.sent = { text: data.value, ok: true };
    this.rev = Math.max(this.rev, data.rev) + 1;
    this.draw();
    this.ask();
    if (this.text !== data.value) this.commitSoon();
  }

  typed() {
    const before = this.text;
    this.text = this.area.value;
    if (before === this.text) return;
    this.rev++;
    this.spans = shift(this.spans, before, this.text);
    const inWord = goesOn(before, this.text, this.area.selectionEnd);
    unsent.set(this.data.id, { nonce: this.nonce, text: this.text });
    this.card.hide();
    this.caption = this.at = null;
    /* With the frame that shows the letter, after everybody else has heard of the key. */
    this.frame ??= requestAnimationFrame(() => this.paint());
    this.askSoon(inWord ? REST.inWord : REST.else);
    this.commitSoon();
  }

  /* `rest`: how many times the last answer's time must have passed since it was asked for. */
  askSoon(rest = REST.else) {
    const now = performance.now();
    const due = Math.max(now + PREVIEW_DELAY_MS, this.askedAt + Math.min(REST.most, this.took * rest));
    if (this.previewTimer && this.due <= due) return;
    clearTimeout(this.previewTimer);
    this.due = due;
    this.previewTimer = setTimeout(() => this.ask(), due - now);
  }

  async ask() {
    clearTimeout(this.previewTimer);
    clearTimeout(this.retryTimer);
    this.previewTimer = null;
    if (!this.text.trim()) { this.request?.abort(); return this.succeed([]); }
    /* One at a time: an answer to an older text is moved past the edits since, while a dropped one would show nothing. */
    if (this.request && this.askedNonce === this.nonce) { this.askAgain = true; return; }
    this.request?.abort();
    const request = (this.request = new AbortController());
    this.askedNonce = this.nonce;
    this.askAgain = false;
    const begun = (this.askedAt = performance.now());
    const asked = { rev: this.rev, text: this.text, nonce: this.nonce };
    const timer = setTimeout(() => request.abort("timeout"), PREVIEW_TIMEOUT_MS);
    try {
      const response = await fetch(this.data.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Preview-Token": this.data.token },
        body: JSON.stringify({ field: this.data.field, text: asked.text.toWellFormed?.() ?? asked.text, rev: asked.rev }),
        cache: "no-store",
        redirect: "error",
        signal: request.signal,
      });
      if (!response.ok) throw new Error(reason(response.status));
      const answer = await response.json();
      this.took = performance.now() - begun;
      this.receive(asked, answer);
    } catch (error) {
      if (request.signal.aborted && request.signal.reason !== "timeout") return;
      if (asked.nonce === this.nonce) this.fail(request.signal.aborted ? "no answer in time" : said(error));
    } finally {
      clearTimeout(timer);
      if (this.request === request) {
        this.request = null;
        if (this.askAgain && !this.failure) this.ask();
      }
    }
  }

  receive(asked, answer) {
    if (asked.nonce !== this.nonce || asked.rev < this.answered) return;
    if (answer.rev !== asked.rev || !Array.isArray(answer.spans)) throw new Error("the answer could not be read");
    this.answered = asked.rev;
    this.succeed(shift(usable(answer.spans, asked.text.length), asked.text, this.text));
  }

  succeed(spans) {
    this.spans = spans;
    this.failure = "";
    this.failures = 0;
    this.draw();
    this.report();
  }

  fail(why) {
    this.failure = why;
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    this.retryTimer = setTimeout(() => { if (this.root.isConnected) this.ask(); }, wait);
    this.draw();
    this.report();
  }

  /* A change of health is told to Python on its own only when no commit of text is on its way. */
  report() {
    if (!this.commitTimer && this.sent.ok !== !this.failure) this.commit();
  }

  commitSoon() {
    const now = performance.now();
    if (!this.commitTimer) this.commitBy = now + COMMIT_MS.most + Math.random() * COMMIT_MS.spread;
    clearTimeout(this.commitTimer);
    const left = Math.max(0, this.commitBy - now);
    this.commitTimer = setTimeout(() => this.commit(), Math.min(COMMIT_MS.pause, left));
  }

  commit() {
    clearTimeout(this.commitTimer);
    this.commitTimer = null;
    const ok = !this.failure;
    unsent.delete(this.data.id);
    if (this.text === this.sent.text && ok === this.sent.ok) return;
    this.sent = { text: this.text, ok };
    this.send("edit", { text: this.text.toWellFormed?.() ?? this.text, rev: this.rev, nonce: this.nonce, ok });
  }

  draw() {
    this.caption = this.at = null;
    this.paint();
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.drawMarks();
    this.root.classList.toggle("stale", Boolean(this.failure));
    this.roll.draw(this.spans, this.text);
    this.drawStatus();
    this.drawCount();
  }

  /* Touches only what differs from what is on screen: most answers change nothing, and then nothing is laid out or painted. */
  drawMarks() {
    const now = pieces(this.text, this.spans);
    if (now.length !== this.drawn.length) {
      this.drawn = now.map((_, i) => (i % 2 ? element("mark") : document.createTextNode("")));
      this.backdrop.replaceChildren(...this.drawn);
    }
    now.forEach((piece, i) => {
      const node = this.drawn[i];
      if (i % 2) this.dress(node, this.spans[(i - 1) / 2]);
      say(node, piece);
    });
  }

  dress(mark, span) {
    const { category, state } = span;
    if (mark.dataset.category !== category || mark.dataset.state !== state) {
      Object.assign(mark.dataset, { category, state, hue: HUES[category] ?? "red" });
    }
    mark.classList.toggle("at", this.at === span);
  }

  drawStatus() {
    const line = this.failure ? `Preview not available: ${this.failure}` : this.caption ?? summary(this.spans);
    say(this.status, line);
    this.status.classList.toggle("bad", Boolean(this.failure));
    this.status.classList.toggle("found", !this.failure && this.spans.length > 0);
  }

  drawCount() {
    if (!this.data) return;
    const n = codePoints(this.text);
    const over = n > this.data.max;
    const count = `${COUNT.format(n)} / ${COUNT.format(this.data.max)}`;
    const wrong = over || Boolean(this.data.problem);
    say(this.count, count);
    this.count.classList.toggle("over", over);
    this.root.classList.toggle("wrong", wrong);
    if (this.area.ariaInvalid !== String(wrong)) this.area.ariaInvalid = String(wrong);
  }

  atCaret() {
    this.showCaption(this.spanAtCaret());
  }

  spanAtCaret() {
    const { selectionStart: a, selectionEnd: b } = this.area;
    return a === b ? this.spans.find((s) => s.start < a && a < s.end) ?? null : null;
  }

  /* The words selected, whole; nothing when there is nothing to redact in them. */
  selection() {
    const { selectionStart: a, selectionEnd: b } = this.area;
    if (a === b || !this.data.decides) return null;
    const [start, end] = wholeWords(this.text, a, b);
    return start < end && end - start <= LONGEST_TERM ? { start, end } : null;
  }

  showCaption(span) {
    this.at = span;
    this.caption = span ? words(span) + (this.data.decides ? " · Alt+Enter to decide" : "") : null;
    const marks = this.backdrop.querySelectorAll("mark");
    marks.forEach((mark, i) => mark.classList.toggle("at", this.spans[i] === span));
    this.drawStatus();
  }

  openCard() {
    const span = this.spanAtCaret();
    if (span) return this.card.show(span, this.text.slice(span.start, span.end), this.placeOf(span), true);
    const chosen = this.selection();
    if (chosen) return this.card.offer(this.text.slice(chosen.start, chosen.end), this.placeOf(chosen));
    return this.card.hide();
  }

  /* Where a stretch of the text stands on screen: the backdrop's own layout tells. */
  placeOf({ start, end }) {
    const range = document.createRange();
    const nodes = document.createTreeWalker(this.backdrop, NodeFilter.SHOW_TEXT);
    let at = 0;
    let begun = false;
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const next = at + node.data.length;
      if (!begun && start < next) { range.setStart(node, start - at); begun = true; }
      if (begun && end <= next) { range.setEnd(node, end - at); break; }
      at = next;
    }
    const lines = range.getClientRects();
    return lines[lines.length - 1] ?? this.area.getBoundingClientRect();
  }

  hover(event) {
    if (event.buttons) return;
    const marks = [...this.backdrop.querySelectorAll("mark")];
    const inside = (r) => event.clientX >= r.left && event.clientX <= r.right && event.clientY >= r.top && event.clientY <= r.bottom;
    const i = marks.findIndex((mark) => [...mark.getClientRects()].some(inside));
    if (i < 0) return this.card.leave();
    const span = this.spans[i];
    if (!span) return; /* a letter was typed and its frame is still to come */
    this.card.hint(span, this.text.slice(span.start, span.end), [...marks[i].getClientRects()].find(inside));
  }

  /* What was typed goes first, so that Python decides about the text that is on screen. */
  decide(kind, term, reason = "") {
    this.area.setSelectionRange(this.area.selectionEnd, this.area.selectionEnd);
    this.card.hide();
    this.area.focus();
    this.commit();
    this.trigger("decide", { kind, term: term.toWellFormed?.() ?? term, reason, text: this.text.toWellFormed?.() ?? this.text });
  }
}

/* Writing what stands there already would have it laid out, and read out, again. */
function say(node, line) {
  if (node.textContent !== line) node.textContent = line;
}

function said(error) {
  if (error instanceof TypeError) return "the server cannot be reached";
  return error instanceof SyntaxError ? "the answer could not be read" : error.message;
}
