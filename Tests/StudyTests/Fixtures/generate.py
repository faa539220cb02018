"""Makes statistics.json: what scipy says about small samples. Run: python generate.py (numpy 2, scipy 1)."""
import json, pathlib
import numpy as np
from scipy import special, stats

rng = np.random.default_rng(7)
cases = {"summaries": [], "paired": [], "pearson": [], "spearman": [], "holm": [], "beta": [], "student": []}
for n in (2, 3, 5, 8, 40):
    x = (0.9 + 0.01 * rng.standard_normal(n)).round(6)
    e = stats.sem(x)
    cases["summaries"].append({"values": x.tolist(), "mean": x.mean(), "standard_error": e,
                               "half_width": e * stats.t.ppf(0.975, n - 1)})
    y = (x + 0.003 + 0.002 * rng.standard_normal(n)).round(6)
    t = stats.ttest_rel(x, y)
    cases["paired"].append({"first": x.tolist(), "second": y.tolist(), "p": t.pvalue,
                            "mean": (x - y).mean(), "standard_error": stats.sem(x - y)})
for n in (4, 9, 30):
    x = rng.standard_normal(n).round(2)
    y = (0.6 * x + rng.standard_normal(n)).round(1)
    r = stats.pearsonr(x, y)
    i = r.confidence_interval(0.95)
    cases["pearson"].append({"x": x.tolist(), "y": y.tolist(), "value": r.statistic, "p": r.pvalue, "low": i.low, "high": i.high})
    s = stats.spearmanr(x, y)
    # An independent bootstrap of 20,000 resamples: the interval to within its noise.
    found = []
    while len(found) < 20000:
        k = rng.integers(n, size=n)
        if len(set(x[k])) > 1 and len(set(y[k])) > 1:
            found.append(stats.spearmanr(x[k], y[k]).statistic)
    low, high = np.quantile(found, [0.025, 0.975])
    cases["spearman"].append({"x": x.tolist(), "y": y.tolist(), "value": s.statistic, "p": s.pvalue, "low": low, "high": high})
for p in ([0.01, 0.04, 0.03, 0.005], [0.5, 0.6], [0.02], [0.001, 0.001, 0.9, 0.2, 0.0499]):
    # statsmodels.stats.multitest.multipletests(p, method="holm"), written out.
    order, m, running, out = np.argsort(p, kind="stable"), len(p), 0.0, [0.0] * len(p)
    for rank, i in enumerate(order):
        running = max(running, min(1.0, p[i] * (m - rank)))
        out[i] = running
    cases["holm"].append({"p": p, "adjusted": out})
for a, b in ((0.5, 0.5), (1, 0.5), (2, 0.5), (4.5, 0.5), (20, 0.5), (3, 7), (200, 150)):
    for x in (1e-6, 0.1, 0.5, 0.57, 0.9, 0.999):
        cases["beta"].append({"a": a, "b": b, "x": x, "value": special.betainc(a, b, x)})
for df in (1, 2, 3, 7, 30, 1000):
    cases["student"].append({"degrees": df, "quantile": stats.t.ppf(0.975, df), "t": 2.5, "p": 2 * stats.t.sf(2.5, df)})

# Last, so that what is before stays as it was drawn.
cases["kendall"] = []
for n in (4, 9, 30):
    x = rng.standard_normal(n).round(1)
    y = (0.6 * x + rng.standard_normal(n)).round(1)
    cases["kendall"].append({"x": x.tolist(), "y": y.tolist(), "tau": stats.kendalltau(x, y).statistic,
                             "weighted": stats.weightedtau(x, y).statistic})

text = json.dumps(cases, indent=1, default=float)
pathlib.Path(__file__).with_name("statistics.json").write_text(text + "\n")
