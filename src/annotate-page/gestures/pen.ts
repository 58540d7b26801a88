/** The pen on the canvas: pointer, wheel and keys become gestures. */
import type { App } from '../app.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { labelAt } from '../tools/label-map.js';
import { panned, toImage, zoomAt } from '../view/camera.js';
import { BoxGesture, ClickGesture, LineGesture, StrokeGesture } from './drawn-gestures.js';
import { type Gesture, type Keys, strokeLine } from './gesture.js';
import { segment } from '../work/ask-model.js';
import { lasso, mergeSelected, paint, rub, splitAlong } from '../work/draw.js';

/** px of the screen: a shorter way between pressing and lifting is a click, not a drag. */
const clickDistance = 4;

/** How much a turn of the wheel by one unit zooms: a notch is about 100. */
const wheelZoom = 0.0015;

/** px of the image: a smaller box is a slip. */
const smallestBox = 3;

export class Pen {
  #gesture: Gesture | undefined;
  /** Where the mouse is, px of the image. */
  #hover: Point | undefined;
  /** Where the keys have moved the pen. */
  #cursor: Point | undefined;
  #panFrom: Point | undefined;

  constructor(
    readonly app: App,
    readonly canvas: HTMLCanvasElement,
  ) {
    app.drawTool = (context, scale) => this.#draw(context, scale);
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#lift(event));
    canvas.addEventListener('pointercancel', () => this.cancel());
    canvas.addEventListener('pointerleave', () => {
      this.#hover = undefined;
      this.#redraw();
    });
    canvas.addEventListener('contextmenu', (event) => event.preventDefault());
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  /** Whether the keys move the pen. */
  get hasCursor(): boolean {
    return this.#cursor !== undefined;
  }

  /** Ends a gesture without effect, or hides the pen of the keys. Whether there was something to cancel. */
  cancel(): boolean {
    const had = this.#gesture !== undefined || this.#cursor !== undefined;
    if (this.#gesture) this.#gesture = undefined;
    else this.#cursor = undefined;
    this.#redraw();
    return had;
  }

  /** Moves the pen with the keys, px of the image. */
  step(x: number, y: number): void {
    const { viewer } = this.app;
    const map = this.app.client.value?.editor.state;
    if (!viewer || !map) return;
    const { width, height } = viewer.size;
    const start = this.#cursor ?? middleOfPixel(toImage(viewer.camera, { x: width / 2, y: height / 2 }));
    const moved = this.#cursor ? { x: start.x + x, y: start.y + y } : start;
    this.#cursor = {
      x: Math.min(map.width - 0.5, Math.max(0.5, moved.x)),
      y: Math.min(map.height - 0.5, Math.max(0.5, moved.y)),
    };
    this.#gesture?.move(this.#cursor);
    this.#follow();
    this.#redraw();
    const label = labelAt(map, this.#cursor);
    this.app.place.value = `${Math.floor(this.#cursor.x)}, ${Math.floor(this.#cursor.y)}: ${label === 0 ? 'background' : `nucleus ${label}`}`;
  }

  /** Presses the pen of the keys, or lifts it. */
  toggle(keys: Keys): void {
    if (!this.#cursor) return;
    if (this.#gesture) this.#end(this.#cursor);
    else {
      this.app.effort.note(true);
      this.#gesture = this.#begin(this.#cursor, keys);
      // A click has no way to go.
      if (this.#gesture instanceof ClickGesture) this.#end(this.#cursor);
    }
    this.#redraw();
  }

  /** Keeps the pen of the keys in view. */
  #follow(): void {
    const { viewer } = this.app;
    const info = this.app.client.value?.info;
    if (!viewer || !info || !this.#cursor) return;
    const { x, y, width, height } = viewer.visible;
    const { scale } = viewer.camera;
    const by = {
      x: this.#cursor.x < x ? 1 : this.#cursor.x > x + width ? -1 : 0,
      y: this.#cursor.y < y ? 1 : this.#cursor.y > y + height ? -1 : 0,
    };
    if (by.x === 0 && by.y === 0) return;
    const quarter = { x: (by.x * width * scale) / 4, y: (by.y * height * scale) / 4 };
    viewer.camera = panned(viewer.camera, quarter, info, viewer.size);
  }

  #begin(point: Point, keys: Keys): Gesture | undefined {
    const { app } = this;
    const { brush, eraser } = app.settings.value;
    const scale = app.viewer?.camera.scale ?? 1;
    switch (app.tool.value) {
      case 'brush':
        return new StrokeGesture(point, brush / 2 / scale, 'rgb(86 190 245 / 0.5)', (stroke) =>
          paint(app, stroke, keys.alt),
        );
      case 'eraser':
        return new StrokeGesture(point, eraser / 2 / scale, 'rgb(20 20 24 / 0.5)', (stroke) =>
          rub(app, stroke, keys.alt),
        );
      case 'lasso':
        return new LineGesture(point, true, (points) => lasso(app, points));
      case 'split':
        return new LineGesture(point, false, (points) => splitAlong(app, points));
      case 'box':
        return new BoxGesture(point, (corner, other) => this.#segmentBox(corner, other));
      case 'point':
        return new ClickGesture(point, ({ x, y }) => void segment(app, { point: { x, y } }));
      case 'merge':
        return new ClickGesture(point, (at) => this.#mergeAt(at));
      case 'select':
        return new ClickGesture(point, (at) => this.#selectAt(at, keys));
    }
  }

  #labelAt(point: Point): number {
    const map = this.app.client.value?.editor.state;
    return map ? labelAt(map, point) : 0;
  }

  #selectAt(point: Point, keys: Keys): void {
    const label = this.#labelAt(point);
    const before = this.app.selected.value;
    if (!keys.shift) return this.app.select(label === 0 ? [] : [label]);
    if (label === 0) return;
    this.app.select(before.includes(label) ? before.filter((other) => other !== label) : [...before, label]);
  }

  #mergeAt(point: Point): void {
    const label = this.#labelAt(point);
    const [first] = this.app.selected.value;
    if (label === 0) return this.app.say('Click a nucleus.', 'refusal');
    if (first === undefined || first === label) {
      this.app.select([label]);
      return this.app.say('Click the nucleus to merge it with.');
    }
    mergeSelected(this.app, [first, label]);
  }

  #segmentBox(corner: Point, other: Point): void {
    const info = this.app.client.value?.info;
    if (!info) return;
    const [left, right] = [Math.min(corner.x, other.x), Math.max(corner.x, other.x)];
    const [top, bottom] = [Math.min(corner.y, other.y), Math.max(corner.y, other.y)];
    const box = {
      x1: Math.max(0, left),
      y1: Math.max(0, top),
      x2: Math.min(info.width, right),
      y2: Math.min(info.height, bottom),
    };
    if (box.x2 - box.x1 < smallestBox || box.y2 - box.y1 < smallestBox)
      return this.app.say('Draw the box from corner to corner around a nucleus.', 'refusal');
    void segment(this.app, { box });
  }

  #place(event: MouseEvent): Point {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #press(event: PointerEvent): void {
    const { viewer, effort } = this.app;
    if (!viewer || !this.app.client.value) return;
    effort.note(true);
    this.#cursor = undefined;
    this.canvas.setPointerCapture(event.pointerId);
    const place = this.#place(event);
    if (event.button !== 0) {
      this.#panFrom = place;
      return;
    }
    if (this.app.tool.value === 'select') this.#panFrom = place;
    this.#gesture = this.#begin(toImage(viewer.camera, place), { shift: event.shiftKey, alt: event.altKey });
    this.#redraw();
  }

  #move(event: PointerEvent): void {
    const { viewer, effort } = this.app;
    const info = this.app.client.value?.info;
    if (!viewer || !info) return;
    effort.note(false);
    const place = this.#place(event);
    this.#hover = toImage(viewer.camera, place);
    if (this.#panFrom) {
      const by = { x: place.x - this.#panFrom.x, y: place.y - this.#panFrom.y };
      const isDrag = !(this.#gesture instanceof ClickGesture) || Math.hypot(by.x, by.y) > clickDistance;
      if (!isDrag) return;
      this.#gesture = undefined;
      viewer.camera = panned(viewer.camera, by, info, viewer.size);
      this.#panFrom = place;
      return;
    }
    // Fast strokes have several places between two events.
    for (const step of event.getCoalescedEvents?.() ?? [])
      this.#gesture?.move(toImage(viewer.camera, this.#place(step)));
    this.#gesture?.move(this.#hover);
    this.#redraw();
  }

  #lift(event: PointerEvent): void {
    const { viewer } = this.app;
    this.#panFrom = undefined;
    if (viewer) this.#end(toImage(viewer.camera, this.#place(event)));
  }

  #end(point: Point): void {
    const gesture = this.#gesture;
    this.#gesture = undefined;
    gesture?.end(point);
    this.#redraw();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { viewer } = this.app;
    const info = this.app.client.value?.info;
    if (!viewer || !info) return;
    // In lines (Firefox) or pages instead of pixels.
    const pixels = event.deltaY * (event.deltaMode === 0 ? 1 : 33);
    const factor = Math.exp(-Math.max(-400, Math.min(400, pixels)) * wheelZoom);
    viewer.camera = zoomAt(viewer.camera, this.#place(event), factor, { image: info, canvas: viewer.size });
  }

  #redraw(): void {
    this.app.viewer?.requestDraw();
  }

  #draw(context: CanvasRenderingContext2D, scale: number): void {
    this.#gesture?.draw(context, scale);
    const at = this.#cursor ?? this.#hover;
    const tool = this.app.tool.value;
    if (at && (tool === 'brush' || tool === 'eraser')) {
      const radius = this.app.settings.value[tool] / 2 / scale;
      for (const [width, colour] of [
        [3, 'rgb(0 0 0 / 0.6)'],
        [1.25, '#ffffff'],
      ] as const) {
        context.beginPath();
        context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
        context.lineWidth = width / scale;
        context.strokeStyle = colour;
        context.stroke();
      }
    }
    if (!this.#cursor) return;
    const { x, y } = this.#cursor;
    const arm = 12 / scale;
    strokeLine(
      context,
      [
        { x: x - arm, y },
        { x: x + arm, y },
      ],
      { scale, isClosed: false },
    );
    strokeLine(
      context,
      [
        { x, y: y - arm },
        { x, y: y + arm },
      ],
      { scale, isClosed: false },
    );
  }
}

const middleOfPixel = ({ x, y }: Point): Point => ({ x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 });
