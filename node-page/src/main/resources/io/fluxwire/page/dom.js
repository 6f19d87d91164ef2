// Elements that change in place: one is written only when its text changes. All text goes in as
// text, never as markup.
import * as format from './format.js';

export const find = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text != null) made.textContent = text;
  return made;
}

export function write(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

export function button(className, text, action) {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', action);
  return made;
}

/** Makes the children of a parent those of the items, in their order; each keeps its element. */
export function keyed(parent, known, items, key, make, update) {
  const seen = new Set();
  let before = null;
  for (const item of items) {
    const id = key(item);
    seen.add(id);
    let child = known.get(id);
    if (!child) {
      child = make(item);
      known.set(id, child);
    }
    const place = before ? before.nextSibling : parent.firstChild;
    if (child !== place) parent.insertBefore(child, place);
    update(child, item);
    before = child;
  }
  for (const [id, child] of known) {
    if (!seen.has(id)) {
      child.remove();
      known.delete(id);
    }
  }
}

/** A button that copies a text; null where the browser does not let a page write the clipboard. */
export function copyButton(text, what) {
  // It does over loopback and HTTPS.
  if (!navigator.clipboard) return null;
  const copy = button('copy', 'Copy', async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = 'Copied';
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  });
  copy.setAttribute('aria-label', `Copy ${what}`);
  return copy;
}

/** A node's id, short, with what this node calls it. */
export function who({ id, name }, into) {
  if (name) into.append(element('span', 'name', name));
  if (!id) {
    into.append(element('span', 'muted', 'not known'));
    return into;
  }
  const code = element('code', '', format.shortId(id));
  code.title = id;
  const copy = copyButton(id, `the id ${format.shortId(id)}`);
  into.append(code, ...(copy ? [copy] : []));
  return into;
}
