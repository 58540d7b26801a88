import { init, type EChartsOption } from 'echarts';
import type { Curve } from '../run/curves.js';

/** Colours of the first eight series: the palette of Okabe & Ito (2008), with grey instead of yellow, too faint for a line. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];

/** px; half the width of a page that is comfortable to read. */
const size = { width: 560, height: 340 };

export interface Series {
  readonly name: string;
  /** One for each category. */
  readonly values: readonly number[];
}

export interface ChartData {
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  /** Title of the category axis. */
  readonly xName: string;
  readonly yName: string;
}

/** Curves over the categories, from 0 to `max`, which is 1 if absent, as an SVG document. */
export function lineChart(data: ChartData & { readonly max?: number }): string {
  return render({
    ...common(data),
    yAxis: { type: 'value', min: 0, max: data.max ?? 1, name: data.yName },
    series: data.series.map(({ name, values }) => ({
      type: 'line',
      name,
      data: [...values],
      symbolSize: 5,
      lineStyle: { width: 2 },
    })),
  });
}

/** Bars side by side in each category, as an SVG document. */
export function barChart(data: ChartData & { readonly max?: number }): string {
  return render({
    ...common(data),
    yAxis: { type: 'value', min: 0, name: data.yName, ...(data.max === undefined ? {} : { max: data.max }) },
    series: data.series.map(({ name, values }) => ({
      type: 'bar',
      name,
      data: [...values],
      barMaxWidth: 28,
    })),
  });
}

/** A chart of curves over the steps of a run. */
export interface CurveChart {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Ticks at powers of ten; only for values above 0. */
  readonly isLog?: boolean;
}

/** Charts in one SVG document, two in a row. */
export function curveCharts(charts: readonly CurveChart[]): string {
  const columns = Math.min(2, charts.length);
  const rows = Math.ceil(charts.length / columns);
  const place = (index: number) => ({
    left: (index % columns) * size.width,
    top: Math.floor(index / columns) * size.height,
  });
  const parts = charts.map((chart, index) => curveChart(chart, index, place(index)));
  return render(
    {
      animation: false,
      backgroundColor: '#fff',
      textStyle: { fontFamily: 'sans-serif' },
      title: parts.map(({ title }) => title),
      legend: parts.map(({ legend }) => legend),
      grid: parts.map(({ grid }) => grid),
      xAxis: parts.map(({ xAxis }) => xAxis),
      yAxis: parts.map(({ yAxis }) => yAxis),
      series: parts.flatMap(({ series }) => series),
    },
    { width: columns * size.width, height: rows * size.height },
  );
}

/** Margins for names and numbers around a chart, px. */
const margins = { left: 60, right: 20, top: 56, bottom: 46 };

function curveChart(
  { title, curves, isLog = false }: CurveChart,
  index: number,
  { left, top }: { readonly left: number; readonly top: number },
) {
  const axis = { xAxisIndex: index, yAxisIndex: index };
  // Series names must be unique in a picture: each starts with the number of its chart, which is not shown.
  const seriesName = (name: string) => `${index}/${name}`;
  return {
    title: { text: title, left: left + margins.left, top: top + 4, textStyle: { fontSize: 14 } },
    legend: {
      show: curves.length > 1,
      left: left + margins.left,
      top: top + 26,
      itemWidth: 18,
      data: curves.map(({ name }) => seriesName(name)),
      formatter: (name: string) => name.slice(name.indexOf('/') + 1),
    },
    grid: {
      left: left + margins.left,
      top: top + margins.top,
      width: size.width - margins.left - margins.right,
      height: size.height - margins.top - margins.bottom,
    },
    xAxis: {
      type: 'value' as const,
      gridIndex: index,
      max: 'dataMax' as const,
      axisLabel: { hideOverlap: true },
      name: 'step',
      nameLocation: 'middle' as const,
      nameGap: 26,
      splitLine: { show: false },
    },
    yAxis: { type: isLog ? ('log' as const) : ('value' as const), gridIndex: index, scale: true },
    series: curves.map(({ name, steps, values }, curve) => ({
      type: 'line' as const,
      ...axis,
      name: seriesName(name),
      data: steps.map((step, k) => [step, values[k]!]),
      color: palette[curve % palette.length]!,
      // Points make short curves, and single values, visible.
      showSymbol: values.length <= 40,
      symbolSize: 5,
      lineStyle: { width: 1.5 },
    })),
  };
}

function common({ categories, series, xName }: ChartData): EChartsOption {
  return {
    animation: false,
    color: palette,
    textStyle: { fontFamily: 'sans-serif' },
    grid: { left: 56, right: 16, top: 56, bottom: 48 },
    legend: { show: series.length > 1, top: 0, left: 'center' },
    xAxis: { type: 'category', data: [...categories], name: xName, nameLocation: 'middle', nameGap: 30 },
  };
}

function render(option: EChartsOption, extent = size): string {
  // There is no document: ECharts estimates the width of text.
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...extent });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
