// All pages of a list, one after another, as they are asked for.

interface Page {
  readonly nextPageToken: string;
}

/** Yields each page; `ask` is given the token of the page, empty for the first. */
export async function* pagesOf<P extends Page>(
  ask: (pageToken: string) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  let pageToken = '';
  do {
    const page = await ask(pageToken);
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Every element of every page. */
export async function everyOf<P extends Page, T>(
  ask: (pageToken: string) => Promise<P>,
  elements: (page: P) => readonly T[],
): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pagesOf(ask)) all.push(...elements(page));
  return all;
}
