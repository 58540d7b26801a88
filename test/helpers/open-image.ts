import { openImages, type Pixels } from '../../src/data/image/stored-image.js';

/** The image of a file that has only one; above `inMemory` px it is unpacked, and the caller closes it. */
export async function openImage(file: string, inMemory?: number): Promise<Pixels> {
  const opened = await openImages(file, {}, { place: file, ...(inMemory !== undefined && { inMemory }) });
  try {
    return await opened.images[0]!.open();
  } finally {
    await opened.close();
  }
}
