/** The page in a browser, as a person has it. */
import { type Browser, type BrowserContext, chromium as playwright, type Page } from '@playwright/test';
import { chromium } from '../../helpers/browser.js';

/** What tests look at inside of the page; see src/annotate-page/app.ts. */
interface AppInPage {
  readonly nucleate: {
    readonly client: {
      readonly value?: {
        readonly unsavedCount: number;
        readonly editor: {
          readonly state: {
            readonly labels: Uint32Array;
            readonly width: number;
            readonly seq: number;
            readonly hash: string;
            readonly reviewed: readonly unknown[];
            readonly objects: ReadonlyMap<
              number,
              { id: number; state: string; source: string; score?: number }
            >;
          };
        };
      };
    };
    readonly selected: { readonly value: readonly number[] };
    readonly viewer: { readonly camera: { scale: number; x: number; y: number } };
    readonly opening: { readonly value: unknown };
    readonly busy: { readonly value: string };
    readonly tool: { readonly value: string };
  };
}

/** A place on the image, px. */
export type Place = readonly [x: number, y: number];

export async function startBrowser(): Promise<Browser> {
  if (chromium === undefined)
    throw new Error('These tests need Chromium, which is not installed. On Debian: apt-get install chromium');
  return playwright.launch({ executablePath: chromium, args: ['--no-sandbox'] });
}

export class AnnotatePage {
  /** Errors of scripts, and what the CSP has blocked. */
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      // Answers that are refused are told by the page itself.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.errors.push(message.text());
    });
  }

  static async open(
    browser: Pick<Browser | BrowserContext, 'newPage'>,
    link: string,
    size = { width: 1366, height: 768 },
  ): Promise<AnnotatePage> {
    const page = await browser.newPage();
    await page.setViewportSize(size);
    const opened = new AnnotatePage(page);
    await page.goto(link);
    await opened.waitUntilOpen();
    return opened;
  }

  async waitUntilOpen(): Promise<void> {
    await this.page.waitForFunction(() => {
      const app = (globalThis as unknown as Partial<AppInPage>).nucleate;
      return app?.client.value !== undefined && app.opening.value === 'idle';
    });
  }

  /** Opens an image of the queue by its name. */
  async choose(name: string): Promise<void> {
    await this.page.locator('.queue .row', { hasText: name }).first().click();
    await this.page.locator('h2.title', { hasText: name }).waitFor();
    await this.waitUntilOpen();
  }

  /** Presses a key while the image has the focus. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.page.locator('canvas').focus();
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Where places of the image are in the window, until the view moves. */
  async #toScreen(): Promise<(place: Place) => { x: number; y: number }> {
    const box = (await this.page.locator('canvas').boundingBox())!;
    const camera = await this.page.evaluate(
      () => (globalThis as unknown as AppInPage).nucleate.viewer.camera,
    );
    return ([x, y]) => ({
      x: box.x + (x - camera.x) * camera.scale,
      y: box.y + (y - camera.y) * camera.scale,
    });
  }

  async onScreen(place: Place): Promise<{ x: number; y: number }> {
    return (await this.#toScreen())(place);
  }

  async click(place: Place, options: { modifiers?: ('Shift' | 'Alt')[] } = {}): Promise<void> {
    const { x, y } = await this.onScreen(place);
    for (const key of options.modifiers ?? []) await this.page.keyboard.down(key);
    await this.page.mouse.click(x, y);
    for (const key of options.modifiers ?? []) await this.page.keyboard.up(key);
  }

  /** Presses at the first place, and lifts at the last. */
  async drag(places: readonly Place[], modifier?: 'Alt'): Promise<void> {
    const [first, ...others] = places;
    const toScreen = await this.#toScreen();
    const start = toScreen(first!);
    if (modifier) await this.page.keyboard.down(modifier);
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    // Few places are ends of long ways.
    const steps = places.length < 8 ? 3 : 1;
    for (const place of others) {
      const { x, y } = toScreen(place);
      await this.page.mouse.move(x, y, { steps });
    }
    await this.page.mouse.up();
    if (modifier) await this.page.keyboard.up(modifier);
  }

  /** Makes the pen this wide, px of the image. */
  async setPen(pen: 'Brush' | 'Eraser', width: number): Promise<void> {
    const scale = await this.page.evaluate(
      () => (globalThis as unknown as AppInPage).nucleate.viewer.camera.scale,
    );
    const slider = this.page.getByRole('slider', { name: pen });
    await slider.fill(String(Math.round(Math.min(200, Math.max(2, width * scale)))));
    await this.page.locator('canvas').focus();
  }

  /** Waits until the server has acknowledged everything. */
  async saved(): Promise<void> {
    await this.page.locator('#save-state', { hasText: 'All saved' }).waitFor();
  }

  async labels(): Promise<Uint32Array> {
    const labels = await this.page.evaluate(() =>
      Array.from((globalThis as unknown as AppInPage).nucleate.client.value!.editor.state.labels),
    );
    return Uint32Array.from(labels);
  }

  /** State and nuclei of the open image. */
  async state() {
    return this.page.evaluate(() => {
      const { nucleate } = globalThis as unknown as AppInPage;
      const { state } = nucleate.client.value!.editor;
      return {
        seq: state.seq,
        hash: state.hash,
        reviewed: state.reviewed.length,
        objects: [...state.objects.values()],
        selected: [...nucleate.selected.value],
        tool: nucleate.tool.value,
        unsaved: nucleate.client.value!.unsavedCount,
      };
    });
  }

  /** Waits for an event that the server has a part in. */
  async waitForSeq(seq: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => (globalThis as unknown as AppInPage).nucleate.client.value!.editor.state.seq >= wanted,
      seq,
    );
  }

  /** The sentence at the lower edge of the image. */
  async message(): Promise<string> {
    return (await this.page.locator('.toast').last().textContent()) ?? '';
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
