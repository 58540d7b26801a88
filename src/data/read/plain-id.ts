/** The id of an image in a dataset that nucleate writes: a file name, without folders. Equal ones get a number there. */
export const plainId = (id: string): string => id.replaceAll(/[/\\]/gu, '-');
