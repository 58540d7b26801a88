import { init, type EChartsOption } from 'echarts';

/** Colours of the first eight targets; the palette of Okabe & Ito (2008) without its yellow, too faint for a line. */
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
  /** Under the categories. */
  readonly xName: string;
  readonly yName: string;
}

/** Curves over the categories, from 0 to 1, as an SVG document. */
export function lineChart(data: ChartData): string {
  return render({
    ...common(data),
    yAxis: { type: 'value', min: 0, max: 1, name: data.yName },
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

function render(option: EChartsOption): string {
  // Without a document: ECharts then estimates the width of texts.
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
