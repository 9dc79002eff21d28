/** HTML out of a document, made harmless. A document is a stranger: only what is listed here passes. */

import DOMPurify from "dompurify";

const TAGS = [
  "a", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em",
  "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "mark", "ol", "p", "pre",
  "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
]; // prettier-ignore
// No id, name, class or style: they would reach into the page around.
const PLAIN_ATTRIBUTES = [
  "align", "alt", "colspan", "data-display", "data-tex", "height", "rowspan", "start", "title", "width",
]; // prettier-ignore
const ALIGNMENT = /(?:^|;)\s*text-align\s*:\s*(left|center|right)\s*(?:;|$)/i;
const CENTRED = /(?:^|;)\s*margin\s*:\s*(?:0\s+)?auto\s*(?:;|$)/i;

/** The attribute that keeps the name of a picture, whose `src` never passes. */
const PICTURE = "data-picture";
/** What `style` is called before the browser sees it: the page's policy has it report each one. */
const STYLE = "data-style";

let purifier: ReturnType<typeof DOMPurify> | null = null;

/** `html` as nodes that can do nothing; its pictures are those of `pictures` by name, others are left out. */
export function sanitise(html: string, pictures: ReadonlyMap<string, string>): DocumentFragment {
  purifier ??= makePurifier();
  const fragment = purifier.sanitize(withoutStyles(html), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", ...PLAIN_ATTRIBUTES],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const image of fragment.querySelectorAll("img")) show(image, pictures);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    link.title = link.href;
  }
  return fragment;
}

function makePurifier(): ReturnType<typeof DOMPurify> {
  const made = DOMPurify(window);
  made.addHook("uponSanitizeAttribute", (node, attribute) => {
    if (attribute.attrName === "src" && node.tagName === "IMG") node.setAttribute(PICTURE, attribute.attrValue);
    if (attribute.attrName === STYLE) {
      const alignment = ALIGNMENT.exec(attribute.attrValue)?.[1];
      if (alignment) node.setAttribute("align", alignment.toLowerCase());
      else if (node.tagName === "TABLE" && CENTRED.test(attribute.attrValue)) node.setAttribute("align", "center");
    }
  });
  return made;
}

function withoutStyles(html: string): string {
  return html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'/])style(?=\s*=)/gi, `$1${STYLE}`));
}

function show(image: HTMLImageElement, pictures: ReadonlyMap<string, string>): void {
  const url = pictures.get(decoded(image.getAttribute(PICTURE) ?? ""));
  image.removeAttribute(PICTURE);
  if (url === undefined) {
    image.replaceWith(image.alt);
    return;
  }
  image.src = url;
  image.alt ||= "";
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
