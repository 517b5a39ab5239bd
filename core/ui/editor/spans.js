/* Marks over a text that is being edited. Pure: nothing here touches the page. */

/* Moves spans over the one edit that turns `before` into `after`; what the edit swallowed is dropped.
   A word that goes on where its mark ends stays marked to its new end: the redactor's answer then confirms it or takes it back. */
function shift(spans, before, after) {
  if (before === after) return spans;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before.charCodeAt(head) === after.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < most - head && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail++;
  const cut = before.length - tail;
  const delta = after.length - before.length;
  const more = head && cut === head && WORD.test(pointBefore(before, head)) ? wordRun(after.slice(head, after.length - tail)) : 0;
  const moved = [];
  for (const span of spans) {
    let { start, end } = span;
    if (end === head) end += more;
    else if (end < head) { /* before the edit */ }
    else if (start >= cut) { start += delta; end += delta; }
    else if (start <= head && end >= cut) end += delta;
    else if (start < head) end = head;
    else if (end > cut) { start = cut + delta; end += delta; }
    else continue;
    if (start < end) moved.push({ ...span, start, end });
  }
  return moved;
}

/* How many code units of letters and digits a text begins with. */
function wordRun(text) {
  let at = 0;
  while (at < text.length && WORD.test(pointAt(text, at))) at += pointAt(text, at).length;
  return at;
}

/* Whether an edit only went on with the word before it: nothing new to show until the word ends. */
function goesOn(before, after, caret) {
  const delta = after.length - before.length;
  return delta > 0 && WORD.test(pointBefore(after, caret - delta)) && wordRun(after.slice(caret - delta, caret)) === delta;
}

function usable(spans, length) {
  const sorted = spans
    .filter((s) => Number.isInteger(s.start) && Number.isInteger(s.end) && s.start >= 0 && s.start < s.end && s.end <= length)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let from = 0;
  return sorted.filter((s) => s.start >= from && (from = s.end));
}

/* The text cut at its spans: clear, marked, clear, … , clear. A trailing line break needs something after it to have a height. */
function pieces(text, spans) {
  const cut = [];
  let at = 0;
  for (const span of spans) {
    cut.push(text.slice(at, span.start), text.slice(span.start, span.end));
    at = span.end;
  }
  cut.push(text.slice(at) + "\u200b");
  return cut;
}
