/**
 * Where the link is kept: in the query of the light page's address, in the fragment of the file's.
 *
 * @typedef {object} Address
 * @property {() => URLSearchParams} read
 * @property {(query: string, isNewPlace: boolean) => void} write a new place gets an entry in the browser's history
 * @property {(onBack: () => void) => void} watch calls when the user went back or forward, or typed another link
 */

/** @param {Window} window @returns {Address} */
export function queryAddress({ location, history, addEventListener }) {
  return {
    read: () => new URLSearchParams(location.search),
    write: (query, isNewPlace) => {
      const url = `${location.pathname}?${query}`; // whole, because a page's base may be another address
      if (isNewPlace) history.pushState(null, "", url);
      else history.replaceState(null, "", url);
    },
    watch: (onBack) => addEventListener("popstate", onBack),
  };
}

/** @param {Window} window @returns {Address} */
export function fragmentAddress({ location, history, addEventListener }) {
  return {
    read: () => new URLSearchParams(location.hash.slice(1).replace(/^\/([^?]*)\??/, "page=$1&")), // #/Explore?z=…
    write: (query, isNewPlace) => {
      const url = `${location.href.split("#")[0]}#${query}`;
      if (isNewPlace) history.pushState(null, "", url);
      else history.replaceState(null, "", url);
    },
    watch: (onBack) => addEventListener("popstate", onBack), // also after a fragment was typed
  };
}

/**
 * An address that, while it says nothing, stands for the view and the model with which the server has made the page.
 *
 * @param {Address} address
 * @param {{model: string, views: readonly {name: string, address: string}[], styles: Record<string, string>}} settings
 * @returns {Address}
 */
export function begunAddress(address, { model, views, styles }) {
  const begun = views.find(({ name }) => name in styles) ?? views[0];
  return {
    ...address,
    read: () => {
      const link = address.read();
      return `${link}` ? link : new URLSearchParams({ page: begun.address, checkpoint: model });
    },
  };
}

/**
 * An address that names no language: the server knows that of the class, also after it has changed.
 *
 * @param {Address} address
 * @returns {Address}
 */
export function speechlessAddress(address) {
  return {
    ...address,
    write: (query, isNewPlace) => {
      const kept = query.split("&").filter((part) => !part.startsWith("lang="));
      address.write(kept.join("&"), isNewPlace);
    },
  };
}

/**
 * An address that, while it names no page, stands for this link.
 *
 * @param {Address} address
 * @param {URLSearchParams} begun
 * @returns {Address}
 */
export function beginningWith(address, begun) {
  return {
    ...address,
    read: () => {
      const link = address.read();
      return link.has("page") ? link : new URLSearchParams(begun);
    },
  };
}

/**
 * An address that keeps some parameters of the link in it, whatever else it says: the page around the view has them.
 *
 * @param {Address} address
 * @param {readonly string[]} names
 * @returns {Address}
 */
export function keptAddress(address, names) {
  const begun = address.read();
  const kept = new URLSearchParams(names.flatMap((name) => (begun.has(name) ? [[name, begun.get(name) ?? ""]] : [])));
  return {
    ...address,
    read: () => {
      const link = address.read();
      for (const name of names) link.delete(name);
      return link;
    },
    write: (query, isNewPlace) => address.write(`${kept}` ? `${kept}&${query}` : query, isNewPlace),
  };
}
