/// What runs in the page: the charts are drawn, their legends bring a series out, tables sort.
enum Script {
  static let text = #"""
    (() => {
      'use strict';
      const root = document.documentElement, source = document.getElementById('charts');
      const charts = source ? JSON.parse(source.textContent) : [];
      const family = getComputedStyle(document.body).fontFamily;
      const axis = { gridcolor: 'var(--grid)', zeroline: false, linecolor: 'var(--axis)', showline: true, ticks: 'outside',
        ticklen: 4, tickcolor: 'var(--axis)', automargin: true, fixedrange: true };
      const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
      const merge = (base, own) => {
        const out = Object.assign({}, base);
        for (const [key, value] of Object.entries(own || {})) {
          const nested = value && typeof value === 'object' && !Array.isArray(value);
          out[key] = nested ? merge(out[key], value) : value;
        }
        return out;
      };
      const layoutOf = (spec) => merge({
        autosize: true, showlegend: false, dragmode: false, hovermode: 'closest',
        margin: { l: 50, r: 12, t: 8, b: 42 }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
        font: { family, size: 12, color: 'var(--ink)' }, hoverlabel: { font: { family, size: 12, color: 'var(--ink)' },
          bgcolor: 'var(--paper)', bordercolor: 'var(--axis)', align: 'left' },
        xaxis: axis, yaxis: axis
      }, spec.layout);

      // Print scales the drawing to the page: each layer gets the box that it was drawn in.
      const fit = (chart) => {
        for (const svg of chart.querySelectorAll('.main-svg')) {
          const width = parseFloat(svg.getAttribute('width')), height = parseFloat(svg.getAttribute('height'));
          if (!(width > 0 && height > 0)) continue;
          svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
          chart.style.setProperty('--ratio', `${width} / ${height}`);
        }
      };

      // Names beside the means, where they touch no mark, no error bar and no other name; the legend has them all.
      const label = (chart) => {
        for (const old of chart.querySelectorAll('.direct-label')) old.remove();
        const full = chart._fullLayout, svg = chart.querySelector('.main-svg');
        if (!full || !full.meta || !full.meta.labelled || !svg) return;
        const { xaxis, yaxis } = full;
        const area = { left: xaxis._offset + 2, right: xaxis._offset + xaxis._length - 2,
          top: yaxis._offset + 2, bottom: yaxis._offset + yaxis._length - 2 };
        const place = (x, y) => [xaxis._offset + xaxis.l2p(x), yaxis._offset + yaxis.l2p(y)];
        const taken = [], means = [];
        for (const trace of chart.data) {
          const isMean = trace.meta.role === 'mean', r = isMean ? 8 : 4;
          trace.x.forEach((x, i) => {
            const [px, py] = place(x, trace.y[i]);
            taken.push([px - r, py - r, px + r, py + r]);
            if (!isMean) return;
            means.push({ trace, px, py });
            const reach = (bar) => (bar && bar.array ? bar.array[i] : 0);
            const [dx, dy] = [reach(trace.error_x), reach(trace.error_y)];
            const [left, bottom] = place(x - dx, trace.y[i] - dy), [right, top] = place(x + dx, trace.y[i] + dy);
            taken.push([left, py - 1, right, py + 1], [px - 1, top, px + 1, bottom]);
          });
        }
        const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
        group.setAttribute('class', 'direct-label');
        svg.appendChild(group);
        for (const { trace, px, py } of means) {
          const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
          text.textContent = trace.meta.label;
          text.setAttribute('font-size', '11.5');
          text.setAttribute('font-family', family);
          text.setAttribute('fill', trace.meta.ink);
          text.setAttribute('data-series', trace.meta.series);
          group.appendChild(text);
          const width = text.getComputedTextLength(), height = 13;
          const boxes = [[px + 11, py - 6.5], [px - 11 - width, py - 6.5], [px - width / 2, py - 23],
            [px - width / 2, py + 11], [px + 8, py - 19], [px + 8, py + 7], [px - 8 - width, py - 19], [px - 8 - width, py + 7],
            [px + 14, py - 30], [px + 14, py + 17], [px - 14 - width, py - 30], [px - 14 - width, py + 17]]
            .map(([x, y]) => [x, y, x + width, y + height]);
          const free = boxes.find(([l, t, r, b]) => l >= area.left && r <= area.right && t >= area.top && b <= area.bottom
            && !taken.some((o) => l < o[2] + 2 && r > o[0] - 2 && t < o[3] + 1 && b > o[1] - 1));
          if (!free) { text.remove(); continue; }
          text.setAttribute('x', free[0]);
          text.setAttribute('y', free[3] - 3);
          taken.push(free);
        }
      };

      // A copy in which the names of the style sheet's colours are what they stand for now.
      const painted = (value, style) => {
        if (Array.isArray(value)) return value.map((one) => painted(one, style));
        if (value && typeof value === 'object') {
          return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one, style)]));
        }
        const found = typeof value === 'string' && /^var\((--[a-z0-9-]+)\)( [0-9.]+)?$/.exec(value);
        if (!found) return value;
        const color = style.getPropertyValue(found[1]).trim(), rgb = parseInt(color.slice(1), 16);
        return found[2] ? `rgba(${rgb >> 16},${rgb >> 8 & 255},${rgb & 255},${Number(found[2])})` : color;
      };
      let paper = null;
      const paint = () => {
        const style = getComputedStyle(root), now = style.getPropertyValue('--paper');
        if (now === paper) return;
        paper = now;
        for (const spec of charts) {
          const chart = document.getElementById(spec.id), before = chart.data;
          const data = painted(spec.data, style), layout = painted(layoutOf(spec), style);
          const finish = () => {
            fit(chart);
            label(chart);
            dim(chart, chart.closest('.figure'));
          };
          if (before) data.forEach((trace, i) => { trace.opacity = before[i].opacity; });
          Plotly[before ? 'react' : 'newPlot'](chart, data, layout, config);
          if (!before) chart.on('plotly_afterplot', finish);
          finish();
        }
      };

      // Names of a chart step back with their series.
      const dim = (chart, figure) => {
        const pressed = figure.querySelector('.legend button[aria-pressed=true]');
        for (const text of chart.querySelectorAll('.direct-label text')) {
          text.setAttribute('opacity', !pressed || text.dataset.series === pressed.dataset.series ? 1 : 0.15);
        }
      };

      // Light, dark, or what the reader's system says; paper is white.
      const wish = document.querySelector('.theme');
      const choose = (theme) => {
        if (theme === 'light' || theme === 'dark') root.dataset.theme = theme; else delete root.dataset.theme;
        paint();
      };
      const chosen = () => { choose((wish && wish.querySelector('input:checked') || {}).value); };
      if (wish) {
        wish.hidden = false;
        wish.addEventListener('change', chosen);
      }
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
      addEventListener('beforeprint', () => choose('light'));
      addEventListener('afterprint', chosen);
      chosen();

      // One series of a figure at a time, or all.
      for (const figure of document.querySelectorAll('.figure')) {
        const buttons = [...figure.querySelectorAll('.legend button')];
        const show = (series) => {
          for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.series === series));
          for (const chart of figure.querySelectorAll('.chart')) {
            const on = (trace) => series === null || !trace.meta || String(trace.meta.series) === series;
            Plotly.restyle(chart, { opacity: chart.data.map((trace) => (on(trace) ? 1 : 0.08)) });
            dim(chart, figure);
          }
          for (const mark of figure.querySelectorAll('.drawing [data-series]')) {
            mark.setAttribute('opacity', series === null || mark.dataset.series === series ? 1 : 0.15);
          }
        };
        for (const button of buttons) button.addEventListener('click', () => {
          show(button.getAttribute('aria-pressed') === 'true' ? null : button.dataset.series);
        });
      }

      for (const table of document.querySelectorAll('table.sortable')) {
        const headings = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
        const value = (row, column) => {
          const cell = row.cells[column];
          return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
        };
        headings.forEach((heading, column) => {
          heading.querySelector('button').addEventListener('click', () => {
            const first = column === 0 ? 'ascending' : 'descending';
            const other = first === 'ascending' ? 'descending' : 'ascending';
            const order = heading.getAttribute('aria-sort') === first ? other : first;
            for (const one of headings) one.removeAttribute('aria-sort');
            heading.setAttribute('aria-sort', order);
            const rows = [...table.tBodies[0].rows];
            rows.sort((a, b) => {
              const x = value(a, column), y = value(b, column);
              if (x === null || y === null) return (x === null) - (y === null);
              return order === 'ascending' ? x - y : y - x;
            });
            table.tBodies[0].append(...rows);
          });
        });
      }
      root.dataset.ready = 'true';
    })();
    """#
}
