/** A layer of the viewer: squares that are painted when they are first seen, kept, and painted anew in part. */
import type { Rect, Size } from '../../data/geometry/rect.js';
import { clip } from '../tools/label-map.js';

/** Width and height of a tile, px of its canvas: a megabyte. */
const tileSize = 512;

/** A tile of one layer: `step` pixels of the image for each of its own. */
export interface TilePlace {
  readonly step: number;
  readonly column: number;
  readonly row: number;
}

interface Tile {
  readonly place: TilePlace;
  readonly canvas: OffscreenCanvas;
  /** Part of the image that it shows. */
  readonly rect: Rect;
  /** Parts of the image that have to be painted anew. */
  dirty: Rect[];
  /** Whether its colours are those of the settings before. */
  isOutdated: boolean;
}

/** Paints a part of the image; its corner is a multiple of the step. */
export type Paint = (rect: Rect, step: number) => Uint8ClampedArray<ArrayBuffer>;

/** Tiles that are kept: together 256 MB; a window of 3,840 x 2,160 px shows at most 160 at once. */
const keptTiles = 256;

export class TileLayer {
  /** The last used is the last. */
  readonly #tiles = new Map<string, Tile>();

  constructor(
    readonly image: Size,
    readonly paint: Paint,
  ) {}

  /** Pixels within a rectangle have changed. */
  invalidate(rect: Rect): void {
    for (const tile of this.#tiles.values()) {
      // A border shows in the pixels beside it, too.
      const { step } = tile.place;
      const near = clip(this.image, {
        left: rect.x - step,
        top: rect.y - step,
        right: rect.x + rect.width + step,
        bottom: rect.y + rect.height + step,
      });
      const left = Math.max(near.x, tile.rect.x);
      const top = Math.max(near.y, tile.rect.y);
      const right = Math.min(near.x + near.width, tile.rect.x + tile.rect.width);
      const bottom = Math.min(near.y + near.height, tile.rect.y + tile.rect.height);
      if (right > left && bottom > top)
        tile.dirty.push({ x: left, y: top, width: right - left, height: bottom - top });
    }
  }

  /** All has to be painted anew; until then tiles show what they have. */
  outdate(): void {
    for (const tile of this.#tiles.values()) tile.isOutdated = true;
  }

  /**
   * Draws the visible part; the context's units are pixels of the image.
   *
   * @param hasTime Whether there is time to paint one more tile; at least one is painted.
   * @returns Whether all that is visible was drawn as it should be.
   */
  draw(
    context: CanvasRenderingContext2D,
    {
      visible,
      step,
      hasTime,
    }: { readonly visible: Rect; readonly step: number; readonly hasTime: () => boolean },
  ): boolean {
    let isComplete = true;
    let painted = 0;
    const mayPaint = () => painted === 0 || hasTime();
    const coarse = this.#coarsest();
    for (const place of this.#placesIn(visible, step)) {
      const known = this.#tiles.get(key(place));
      let tile = known;
      if (!known && mayPaint()) {
        tile = this.#make(place);
        painted++;
      } else if (known?.isOutdated && mayPaint()) {
        this.#repaint(known, known.rect);
        painted++;
      }
      if (known && known.dirty.length > 0 && !known.isOutdated)
        for (const rect of known.dirty.splice(0)) this.#repaint(known, rect);
      if (!tile || tile.isOutdated) isComplete = false;
      if (tile) this.#drawTile(context, tile);
      else if (place.step < coarse.place.step) this.#drawInstead(context, place, coarse);
    }
    this.#forget();
    return isComplete;
  }

  /** One tile with the whole image: what is shown while a finer one is not there yet. */
  #coarsest(): Tile {
    let step = 1;
    while (Math.max(this.image.width, this.image.height) > step * tileSize) step *= 2;
    const place = { step, column: 0, row: 0 };
    return this.#tiles.get(key(place)) ?? this.#make(place);
  }

  *#placesIn({ x, y, width, height }: Rect, step: number): Generator<TilePlace> {
    const side = step * tileSize;
    for (let row = Math.floor(y / side); row * side < y + height; row++)
      for (let column = Math.floor(x / side); column * side < x + width; column++)
        yield { step, column, row };
  }

  /** The part of the image that a tile shows, px. */
  #rectOf({ step, column, row }: TilePlace): Rect {
    const side = step * tileSize;
    return clip(this.image, {
      left: column * side,
      top: row * side,
      right: (column + 1) * side,
      bottom: (row + 1) * side,
    });
  }

  #make(place: TilePlace): Tile {
    const { step } = place;
    const rect = this.#rectOf(place);
    const canvas = new OffscreenCanvas(Math.ceil(rect.width / step), Math.ceil(rect.height / step));
    const tile: Tile = { place, canvas, rect, dirty: [], isOutdated: false };
    this.#repaint(tile, rect);
    this.#tiles.set(key(place), tile);
    return tile;
  }

  #repaint(tile: Tile, { x, y, width, height }: Rect): void {
    const { step } = tile.place;
    const left = Math.floor(x / step) * step;
    const top = Math.floor(y / step) * step;
    const rect = { x: left, y: top, width: x + width - left, height: y + height - top };
    const columns = Math.ceil(rect.width / step);
    const picture = new ImageData(this.paint(rect, step), columns, Math.ceil(rect.height / step));
    const context = tile.canvas.getContext('2d')!;
    context.putImageData(picture, (left - tile.rect.x) / step, (top - tile.rect.y) / step);
    if (rect.width >= tile.rect.width && rect.height >= tile.rect.height) {
      tile.isOutdated = false;
      tile.dirty = [];
    }
  }

  #drawTile(context: CanvasRenderingContext2D, tile: Tile): void {
    const { place, canvas, rect } = tile;
    // Used last, so forgotten last.
    this.#tiles.delete(key(place));
    this.#tiles.set(key(place), tile);
    context.drawImage(canvas, rect.x, rect.y, canvas.width * place.step, canvas.height * place.step);
  }

  #drawInstead(context: CanvasRenderingContext2D, place: TilePlace, coarse: Tile): void {
    const { x, y, width, height } = this.#rectOf(place);
    const scale = coarse.place.step;
    context.drawImage(
      coarse.canvas,
      x / scale,
      y / scale,
      width / scale,
      height / scale,
      x,
      y,
      width,
      height,
    );
  }

  #forget(): void {
    for (const [name] of this.#tiles) {
      if (this.#tiles.size <= keptTiles) return;
      this.#tiles.delete(name);
    }
  }
}

const key = ({ step, column, row }: TilePlace): string => `${step}/${column}/${row}`;
