/// What runs in the page: the charts are drawn, their legends bring a series out, tables sort.
enum Script {
  static let text = #"""
    (() => {
      'use strict';
      const charts = JSON.parse(document.getElementById('charts').textContent);
      const family = getComputedStyle(document.body).fontFamily;
      const axis = { gridcolor: '#e4e7eb', zeroline: false, linecolor: '#9aa2ac', showline: true, ticks: 'outside',
        ticklen: 4, tickcolor: '#9aa2ac', automargin: true, fixedrange: true };
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
        margin: { l: 50, r: 12, t: 8, b: 42 }, paper_bgcolor: '#ffffff', plot_bgcolor: '#ffffff',
        font: { family, size: 12, color: '#1b1f24' }, hoverlabel: { font: { family, size: 12 }, align: 'left' },
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
          text.setAttribute('fill', trace.marker.color);
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

      for (const spec of charts) {
        const chart = document.getElementById(spec.id);
        Plotly.newPlot(chart, spec.data, layoutOf(spec), config);
        const finish = () => { fit(chart); label(chart); };
        chart.on('plotly_afterplot', finish);
        finish();
      }

      // One series of a figure at a time, or all.
      for (const figure of document.querySelectorAll('.figure')) {
        const buttons = [...figure.querySelectorAll('.legend button')];
        const show = (series) => {
          for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.series === series));
          for (const chart of figure.querySelectorAll('.chart')) {
            const on = (trace) => series === null || !trace.meta || String(trace.meta.series) === series;
            Plotly.restyle(chart, { opacity: chart.data.map((trace) => (on(trace) ? 1 : 0.08)) });
            for (const text of chart.querySelectorAll('.direct-label text')) {
              text.setAttribute('opacity', series === null || text.dataset.series === series ? 1 : 0.15);
            }
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
      document.documentElement.dataset.ready = 'true';
    })();
    """#
}
