/** The canvas: image, nuclei, and what the tools draw above them. */
import type { Rect, Size } from '../../data/geometry/rect.js';
import type { LabelMap } from '../tools/label-map.js';
import { type Camera, fit, visible } from './camera.js';
import { acceptedColour, css, paletteOf, proposedColour } from './colours.js';
import { Outlines, pathAlong } from './outlines.js';
import { paintImage, ready, type ReadyChannel, type ShownChannel } from './paint-image.js';
import { outlineSegments, paintLabels, type Styles } from './paint-labels.js';
import { TileLayer } from './tile-layer.js';

/** ms of each frame for tiles that are not painted yet: half of a frame of 60 in a second. */
const paintingTime = 8;

/** Pixels of the screen for a pixel of the image from which outlines are lines along its sides. */
const linesFrom = 3;

/** How everything is shown. */
export interface Display {
  readonly channels: readonly ShownChannel[];
  readonly isInverted: boolean;
  /** Of the fills of nuclei, 0 to 1. */
  readonly fill: number;
  readonly hasOutlines: boolean;
}

/** What the viewer shows. */
export interface Shown {
  readonly map: LabelMap;
  /** How each label is drawn now; another array when there are more labels. */
  readonly styles: () => Styles;
  /** Surroundings of a nucleus. */
  readonly bounds: (label: number) => Rect | undefined;
  /** Nuclei that stand out. */
  readonly selected: () => readonly number[];
  /** Part that is looked at; what is around it is darker. */
  readonly region: () => Rect | undefined;
  readonly reviewed: () => readonly Rect[];
  /** Draws above all; the context's units are pixels of the image. */
  readonly drawTool: (context: CanvasRenderingContext2D, camera: Camera) => void;
}

interface Layers {
  readonly image: TileLayer;
  readonly labels: TileLayer;
  readonly fills: TileLayer;
  readonly outlines: Outlines;
}

export class Viewer {
  /** Called after the camera has changed. */
  onMove: (camera: Camera) => void = () => {};
  /** Called after each frame, with the time that it took, ms. */
  onFrame: (took: number) => void = () => {};
  #camera: Camera = { scale: 1, x: 0, y: 0 };
  #shown: Shown | undefined;
  #layers: Layers | undefined;
  #channels: readonly ReadyChannel[] = [];
  #display: Display = { channels: [], isInverted: false, fill: 0.2, hasOutlines: true };
  #hidesMasks = false;
  #frame = 0;
  #selection: { readonly key: string; readonly path: Path2D } = { key: '', path: new Path2D() };
  #changes = 0;
  /** What is shown as a whole, until the view moves. */
  #fitted: { readonly rect: Rect; readonly most: number | undefined } | undefined;
  #size: Size;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#size = this.size;
  }

  /** px of the page. */
  get size(): Size {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  get camera(): Camera {
    return this.#camera;
  }

  set camera(camera: Camera) {
    this.#camera = camera;
    this.#fitted = undefined;
    this.onMove(camera);
    this.requestDraw();
  }

  /** The visible part of the image. */
  get visible(): Rect {
    return visible(this.#camera, this.#shown?.map ?? { width: 1, height: 1 }, this.size);
  }

  /** Whether nuclei are left out, so that the image can be seen. */
  set hidesMasks(hides: boolean) {
    this.#hidesMasks = hides;
    this.requestDraw();
  }

  open(shown: Shown, display: Display): void {
    const { map, styles } = shown;
    this.#shown = shown;
    const paint = (hasOutlines: boolean) => (rect: Rect, step: number) =>
      new Uint8ClampedArray(
        paintLabels(map, styles(), {
          rect,
          step,
          palette: paletteOf(this.#display.fill),
          hasOutlines: hasOutlines && this.#display.hasOutlines,
        }).buffer,
      );
    this.#layers = {
      image: new TileLayer(map, (rect, step) =>
        paintImage(this.#channels, map, { rect, step, isInverted: this.#display.isInverted }),
      ),
      labels: new TileLayer(map, paint(true)),
      fills: new TileLayer(map, paint(false)),
      outlines: new Outlines(map, styles),
    };
    this.show(display);
  }

  /** Shows nothing. */
  close(): void {
    this.#shown = undefined;
    this.#layers = undefined;
    this.requestDraw();
  }

  show(display: Display): void {
    const before = this.#display;
    this.#display = display;
    if (display.channels !== before.channels || this.#channels.length !== display.channels.length)
      this.#channels = display.channels.map(ready);
    this.#layers?.image.outdate();
    if (display.fill !== before.fill || display.hasOutlines !== before.hasOutlines) {
      this.#layers?.labels.outdate();
      this.#layers?.fills.outdate();
    }
    this.requestDraw();
  }

  /** Shows a whole rectangle; no larger than `most` pixels of the screen for each of the image. */
  showAll(rect: Rect, most?: number): void {
    const image = this.#shown?.map ?? rect;
    this.camera = fit(rect, { image, canvas: this.size }, most);
    this.#fitted = { rect, most };
  }

  /** Labels within a rectangle, or their styles, have changed. */
  invalidate(rect: Rect): void {
    this.#changes++;
    if (!this.#layers) return;
    this.#layers.labels.invalidate(rect);
    this.#layers.fills.invalidate(rect);
    this.#layers.outlines.invalidate(rect);
    this.requestDraw();
  }

  /** The canvas has another size: what was in the middle stays there, and what was shown as a whole is. */
  resize(): void {
    const before = this.#size;
    this.#size = this.size;
    if (this.#fitted) return this.showAll(this.#fitted.rect, this.#fitted.most);
    const { scale, x, y } = this.#camera;
    const [right, down] = [before.width - this.size.width, before.height - this.size.height];
    this.camera = { scale, x: x + right / 2 / scale, y: y + down / 2 / scale };
  }

  requestDraw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const start = performance.now();
    const { canvas } = this;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { alpha: false })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#101216';
    context.fillRect(0, 0, width, height);
    if (!this.#shown || !this.#layers) return;
    const { scale, x, y } = this.#camera;
    const pixel = scale * ratio;
    context.setTransform(pixel, 0, 0, pixel, -x * pixel, -y * pixel);
    context.imageSmoothingEnabled = pixel < 1;
    const rect = this.visible;
    const step = 2 ** Math.max(0, Math.floor(Math.log2(1 / pixel)));
    const hasTime = () => performance.now() - start < paintingTime;
    let isComplete = this.#layers.image.draw(context, { visible: rect, step, hasTime });
    if (!this.#hidesMasks) {
      const hasLines = pixel >= linesFrom;
      const layer = hasLines ? this.#layers.fills : this.#layers.labels;
      isComplete = layer.draw(context, { visible: rect, step, hasTime }) && isComplete;
      if (hasLines && this.#display.hasOutlines) this.#drawOutlines(context, rect);
      this.#drawSelection(context);
    }
    this.#drawRegions(context);
    this.#shown.drawTool(context, this.#camera);
    if (!isComplete) this.requestDraw();
    this.onFrame(performance.now() - start);
  }

  #drawOutlines(context: CanvasRenderingContext2D, rect: Rect): void {
    const blocks = [...this.#layers!.outlines.in(rect)];
    for (const { accepted } of blocks) this.#stroke(context, accepted, css(acceptedColour));
    for (const { proposed } of blocks) this.#stroke(context, proposed, css(proposedColour));
  }

  /** A line that stands out on dark and on bright ground. */
  #stroke(context: CanvasRenderingContext2D, path: Path2D, colour: string, width = 1.5): void {
    const { scale } = this.#camera;
    context.lineWidth = (width + 1.5) / scale;
    context.strokeStyle = 'rgb(0 0 0 / 0.45)';
    context.stroke(path);
    context.lineWidth = width / scale;
    context.strokeStyle = colour;
    context.stroke(path);
  }

  #drawSelection(context: CanvasRenderingContext2D): void {
    const { map, bounds, selected } = this.#shown!;
    const labels = selected();
    if (labels.length === 0) return;
    const key = `${this.#changes} ${labels.join()}`;
    if (this.#selection.key !== key) {
      const path = new Path2D();
      for (const label of labels) {
        const rect = bounds(label);
        if (!rect) continue;
        // A pixel more: lines at the right and lower rim belong to the next one.
        const around = {
          x: rect.x,
          y: rect.y,
          width: Math.min(rect.width + 1, map.width - rect.x),
          height: Math.min(rect.height + 1, map.height - rect.y),
        };
        path.addPath(pathAlong(outlineSegments(map, around, (other) => other === label)));
      }
      this.#selection = { key, path };
    }
    this.#stroke(context, this.#selection.path, '#ffffff', 2.5);
  }

  #drawRegions(context: CanvasRenderingContext2D): void {
    const { map, region, reviewed } = this.#shown!;
    const { scale } = this.#camera;
    const looked = region();
    if (looked) {
      context.fillStyle = 'rgb(8 9 12 / 0.55)';
      const around = new Path2D();
      around.rect(0, 0, map.width, map.height);
      around.rect(looked.x, looked.y, looked.width, looked.height);
      context.fill(around, 'evenodd');
      context.setLineDash([]);
      context.lineWidth = 1.5 / scale;
      context.strokeStyle = 'rgb(255 255 255 / 0.55)';
      context.strokeRect(looked.x, looked.y, looked.width, looked.height);
    }
    context.lineWidth = 2 / scale;
    context.strokeStyle = '#5fd38d';
    for (const { x, y, width, height } of reviewed()) context.strokeRect(x, y, width, height);
  }
}
