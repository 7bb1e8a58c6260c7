/** What is too small, cut off or covered on a page; tests/support/looks.py runs it there. */

/**
 * @param {object} options
 * @param {number} options.smallest text, as a share of the page's
 * @param {string} options.small selects controls that are small on purpose
 */
window.faults = ({ smallest, small }) => {
  const roots = [document];
  for (const root of roots) for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const size = (e) => parseFloat(getComputedStyle(e).fontSize),
    text = size(document.documentElement);
  const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (e) =>
    `${e.tagName.toLowerCase()}.${e.getAttribute("class")} “${(e.ariaLabel || e.textContent).slice(0, 40)}”`;
  const sticks = (e) => e && (getComputedStyle(e).position === "sticky" || sticks(e.parentElement));
  /** What lies over the middle of a control, null for nothing. */
  const over = (root, e) => {
    const { x, y, width: w, height: h } = e.getBoundingClientRect();
    const top = root.elementFromPoint(x + w / 2, y + h / 2);
    return top && top !== e && !e.contains(top) && !top.contains(e) ? top : null;
  };
  /** What lies beneath a bar that sticks to the screen's edge has to come out by scrolling. */
  const staysUnder = (root, e) => {
    const moved = [];
    for (let at = e; at; at = at.parentElement ?? at.getRootNode().host) moved.push([at, at.scrollLeft, at.scrollTop]);
    e.scrollIntoView({ block: "center", behavior: "instant" });
    const covered = over(root, e) !== null;
    for (const [at, left, top] of moved) Object.assign(at, { scrollLeft: left, scrollTop: top });
    return covered;
  };
  const found = [];
  for (const root of roots) {
    const walker = document.createTreeWalker(root === document ? document.body : root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const e = node.parentElement;
      if (!e || !node.data.trim() || e.closest("style, script, [data-testid=stIconMaterial]") || !seen(e)) continue;
      const { width, height } = e.getBoundingClientRect();
      if (width > 1 && height > 1 && size(e) < smallest * text - 0.1) found.push(`${name(e)} has ${size(e)} px`);
    }
  }
  const coarse = matchMedia("(pointer: coarse)").matches,
    least = coarse ? 44 : 36,
    width = innerWidth;
  if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const root of roots.slice(1))
    for (const e of root.querySelectorAll("button, select, input[type=text], summary.button")) {
      if (!seen(e) || e.closest("[popover]")) continue;
      const box = e.getBoundingClientRect();
      if (!e.matches(small) && box.height < least - 0.5) found.push(`${name(e)} is ${box.height} px high`);
      if (box.left < -0.5 || box.right > width + 0.5) found.push(`${name(e)} is from ${box.left} to ${box.right} px`);
      const x = box.x + box.width / 2,
        y = box.y + box.height / 2;
      if (e.disabled || x < 0 || y < 60 || x > width || y > innerHeight) continue;
      const top = over(root, e);
      if (top && (!sticks(top) || staysUnder(root, e))) found.push(`${name(e)} is under ${name(top)}`);
    }
  return [...new Set(found)];
};
