/// The report's style: one column of figures, a table that scrolls beside a fixed first column, and a page
/// that prints.
enum StyleSheet {
  static let text =
    Theme.css + page + Drawing.style + "\n"

  private static let page = #"""
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: break-word;
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
    header, main, footer { max-width: 1480px; margin: 0 auto; padding: 0 clamp(16px, 3vw, 40px); }
    header { position: relative; padding-top: clamp(24px, 4vw, 56px); }
    a { color: var(--accent); }
    .theme { position: absolute; right: clamp(16px, 3vw, 40px); display: flex; margin: -.3rem 0 0; padding: 2px; border: 1px solid var(--axis);
      border-radius: 6px; font-size: .82rem; line-height: 1.3; }
    .theme[hidden] { display: none; }
    .theme:not([hidden]) + h1 { margin-right: 13.5rem; min-height: 1.55em; }
    .theme legend, .theme input { position: absolute; width: 1px; height: 1px; margin: 0; padding: 0; overflow: hidden;
      clip-path: inset(50%); white-space: nowrap; }
    .theme label { cursor: pointer; position: relative; }
    .theme span { display: block; padding: .15rem .55rem; border-radius: 4px; color: var(--muted); }
    .theme span:hover { color: var(--ink); }
    .theme input:checked + span { color: var(--ink); background: var(--best); font-weight: 600; }
    .theme input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 1px; }
    h1 { margin: 0; font-size: 1rem; font-weight: 600; color: var(--muted); }
    h2 { margin: 3.2rem 0 .4rem; font-size: 1.5rem; line-height: 1.25; }
    h3 { margin: 2.2rem 0 .3rem; font-size: 1.1rem; line-height: 1.3; }
    h4 { margin: 0; font-size: .92rem; font-weight: 600; }
    p { margin: .4rem 0; max-width: 78ch; }
    .finding { margin: .5rem 0 1rem; max-width: 30ch; font-size: clamp(1.6rem, 3.4vw, 2.6rem); line-height: 1.18;
      font-weight: 650; letter-spacing: -.012em; text-wrap: balance; }
    .lead { display: grid; gap: 0 3.5rem; align-items: start; }
    .facts { margin: 0; padding: 0; max-width: 92ch; list-style: none; }
    .facts li { margin: .25rem 0; }
    .scope { color: var(--muted); }
    .alert { margin: 1rem 0; padding: .5rem .9rem; border-left: 4px solid var(--alarm-line); background: var(--alarm); max-width: 92ch; }
    nav { margin: 1.4rem 0 0; padding: .5rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line);
      font-size: .92rem; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; }
    nav a { text-decoration: none; }
    nav a:hover { text-decoration: underline; }

    .scroll { overflow-x: auto; margin: .8rem 0 .4rem; border-bottom: 1px solid var(--line); }
    .scroll:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums lining-nums; }
    caption { text-align: left; color: var(--muted); font-size: .86rem; padding: 0 0 .4rem; }
    table.main { width: 100%; font-size: .87rem; line-height: 1.25; }
    table.main caption span, table.sides caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 32px); }
    table.main th, table.main td { padding: .38rem .34rem; text-align: right; vertical-align: top; background: var(--paper);
      overflow-wrap: normal; }
    table.main tbody tr > * { border-top: 1px solid var(--line); }
    table.main thead tr:last-child > * { vertical-align: bottom; border-bottom: 1.5px solid var(--ink); }
    table.main .groups th { text-align: left; font-size: .8rem; font-weight: 600; color: var(--muted);
      padding-bottom: 0; white-space: nowrap; }
    table.main .first, table.main .groups th { padding-left: .9rem; }
    table.main th[scope=row], table.main th.name, table.main .groups td:first-child { position: sticky; left: 0; z-index: 1;
      text-align: left; font-weight: 600; min-width: 9.5rem; max-width: 15rem; padding-left: 0; }
    table.main th[scope=row]::after, table.main th.name::after { content: ""; position: absolute; inset: 0 -1px 0 auto;
      border-right: 1px solid var(--line); }
    table.main small { display: block; font-size: .8em; font-weight: 400; color: var(--muted); white-space: nowrap; }
    table.main th small { white-space: normal; }
    table.main thead button { all: unset; cursor: pointer; font-weight: 600; font-size: .8rem; }
    table.main thead button:hover { text-decoration: underline; }
    table.main th[aria-sort=ascending] button::before { content: "\25B2\00A0"; font-size: .7em; }
    table.main th[aria-sort=descending] button::before { content: "\25BC\00A0"; font-size: .7em; }
    .unit { font-weight: 400; color: var(--muted); white-space: nowrap; }
    td.value { white-space: nowrap; }
    td.best > span, .sample.best { font-weight: 700; background: var(--best); box-shadow: 0 0 0 3px var(--best); border-radius: 2px; }
    td.alike > span, .sample.alike { background: var(--alike); border-radius: 2px;
      box-shadow: 0 0 0 2px var(--alike), 0 0 0 3px var(--alike-line); }
    td.blank { color: var(--muted); }
    sup { line-height: 0; font-size: .72em; }
    abbr { text-decoration: none; color: var(--accent); }
    .key, .notes, figcaption, .note { font-size: .86rem; color: var(--muted); }
    .key { margin-left: 3px; }
    .notes { margin: .2rem 0; padding: 0; list-style: none; max-width: 92ch; }
    table.plain { min-width: min(100%, 34rem); font-size: .9rem; line-height: 1.35; }
    table.plain th, table.plain td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top;
      border-top: 1px solid var(--line); }
    table.plain .digits { text-align: right; white-space: nowrap; }
    table.plain .time { white-space: nowrap; }
    table.claims { width: 100%; min-width: 1000px; font-size: .86rem; }
    table.claims th[scope=row] { font-weight: 400; width: 24%; }
    table.claims small { display: block; color: var(--muted); }
    table.claims td:last-child { width: 32%; }
    table.claims.both td:nth-of-type(even) { width: 27%; }
    table.front { min-width: 640px; }
    table.sides { width: 100%; min-width: 900px; }
    table.sides th[scope=row] { width: 19%; }
    table.sides small { display: block; font-size: .84em; font-weight: 400; color: var(--muted); }
    table.sides .why { width: 24ch; margin-left: auto; white-space: normal; }
    .interval { display: block; }
    .interval .zero { stroke: var(--axis); stroke-width: 1; }
    .interval .bar { stroke: var(--ink); stroke-width: 1.6; }
    .interval circle { stroke: var(--mark-2); stroke-width: 1.8; fill: var(--paper); }
    .interval .told { fill: var(--mark-2); }
    .verdict { white-space: nowrap; font-weight: 600; }
    .verdict .shape { vertical-align: -2px; margin-right: .4em; }
    .verdict.holds { color: var(--accent); }
    .verdict.fails { color: var(--bad); }
    .verdict.undecided, .verdict.unmeasured { color: var(--muted); }
    details ul { margin: .2rem 0; padding-left: 1.1rem; }
    summary { cursor: pointer; color: var(--accent); }
    summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    .picture { border-bottom: 0; }
    .picture .drawing { display: block; width: 100%; min-width: 620px; max-width: 920px; height: auto; }
    table.pairs { width: 100%; max-width: 900px; font-size: .9rem; }
    table.pairs th { width: 34%; text-align: left; font-weight: 400; color: var(--muted); }
    table.pairs td { overflow-wrap: anywhere; }
    table.pairs th, table.pairs td { padding: .28rem .8rem .28rem 0; vertical-align: top; border-top: 1px solid var(--line); }

    .figure { margin: 1.6rem 0 0; }
    figcaption { max-width: 92ch; }
    .panels { display: grid; gap: .6rem 2rem; margin: .4rem 0;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--panel)), 1fr)); }
    .panel { min-width: 0; break-inside: avoid; display: flex; flex-direction: column; }
    .panel .chart { margin-top: auto; }
    .note { margin: 0; }
    .chart { position: relative; width: 100%; min-width: 0; }
    .legend { margin: .5rem 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .15rem .3rem; }
    .legend button { all: unset; box-sizing: border-box; cursor: pointer; display: flex; align-items: center; gap: .4rem;
      padding: .12rem .5rem .12rem .2rem; font-size: .88rem; line-height: 1.3; border-radius: 4px; }
    .legend button:hover { background: var(--faint); }
    .legend button[aria-pressed=true] { box-shadow: inset 0 0 0 2px var(--accent); }
    .legend svg { flex: none; }
    dl.definitions { max-width: 92ch; font-size: .92rem; margin: .4rem 0; }
    .definitions dt { font-weight: 600; margin-top: .5rem; }
    .definitions dd { margin: 0; color: var(--ink); }
    pre { max-width: 100%; overflow-x: auto; background: var(--faint); padding: .9rem 1rem; font-size: .84rem; line-height: 1.45;
      border-radius: 4px; }
    code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
    p code, dd code, td code { font-size: .92em; }
    pre.error { white-space: pre-wrap; margin: .2rem 0; padding: .5rem .7rem; }
    footer { color: var(--muted); font-size: .86rem; }
    footer p { max-width: none; margin: 4rem 0 2rem; padding-top: 1rem; border-top: 1px solid var(--line); }
    noscript p { padding: .6rem .9rem; background: var(--faint); }
    @media (min-width: 1000px) {
      .lead { grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); }
      .made { columns: 2; column-gap: 3.5rem; }
      .made > h3:first-child { margin-top: .6rem; }
    }
    .made h3, .made caption { break-after: avoid; }
    .made tr, .made dd, .made pre { break-inside: avoid; }
    .made dt { break-after: avoid; }
    @media (max-width: 600px) {
      .panels { gap: .6rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, calc(var(--panel) * .62)), 1fr)); }
      table.main th[scope=row], table.main th.name { min-width: 8rem; max-width: 8rem; }
      table.pairs th { width: 42%; }
    }

    @page { size: A4 landscape; margin: 11mm; }
    @media print {
      body { font-size: 9.5pt; line-height: 1.4; }
      h2 { margin-top: 1.6rem; }
      .finding { font-size: 18pt; margin-top: .2rem; }
      .alert, nav { margin-top: .5rem; }
      .lead { grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 0 2rem; }
      .made { columns: 2; column-gap: 2rem; }
      .panels { gap: .4rem 1.2rem;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, calc(var(--panel) * .75)), 1fr)); }
      #failed { break-inside: avoid; }
      #table { break-before: page; }
      header, main, footer { max-width: none; padding: 0; }
      header { padding-top: 0; }
      nav, .theme { display: none; }
      .scroll { overflow: visible; }
      table.claims, table.front, table.sides, .picture .drawing { min-width: 0; }
      table.main { font-size: min(9pt, calc(1250pt / var(--columns) / 8)); }
      table.main thead button { font-size: 1em; }
      table.main th, table.main td { padding: .25rem .3rem; }
      table.main .first, table.main .groups th { padding-left: .6rem; }
      table.main th[scope=row], table.main th.name { position: static; min-width: 7.5rem; }
      thead { display: table-header-group; }
      tr, .figure > h3, .legend, .panel { break-inside: avoid; }
      h2, h3, h4, .legend, .note { break-after: avoid; }
      figcaption { break-before: avoid; }
      .chart, .chart .plot-container, .chart .svg-container { width: 100% !important; height: auto !important; }
      .chart .svg-container { aspect-ratio: var(--ratio); }
      .chart .main-svg { width: 100% !important; height: auto !important; }
      .legend button[aria-pressed=true] { box-shadow: none; }
      pre { white-space: pre-wrap; }
      td.best > span, td.alike > span, .sample, .alert { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      a { color: inherit; text-decoration: none; }
    }
    """#
}
