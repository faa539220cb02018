"""Makes comparisons.json: what scipy and numpy say of comparisons. Run: python generate_comparisons.py (numpy 2, scipy 1)."""
import itertools, json, pathlib
import numpy as np
from scipy import stats

rng = np.random.default_rng(11)
out = {}

out["chi_square"] = [{"x": x, "degrees": d, "above": stats.chi2.sf(x, d)}
                     for d in (1, 2, 8, 30) for x in (1e-3, 0.5, 3.0, 9.0, 40.0, 120.0)]
out["fisher"] = [{"f": f, "first": a, "second": b, "above": stats.f.sf(f, a, b)}
                 for a, b in ((1, 4), (8, 16), (8, 56)) for f in (0.1, 1.0, 2.7, 12.0)]
out["range"] = [{"groups": k, "quantile": stats.studentized_range.ppf(0.95, k, np.inf), "q": q,
                 "above": stats.studentized_range.sf(q, k, np.inf)} for k, q in ((2, 1.0), (3, 2.5), (5, 4.0), (9, 4.4), (10, 6.0))]
out["noncentral"] = [{"t": t, "degrees": d, "shift": s, "above": stats.nct.sf(t, d, s)}
                     for d in (1, 2, 7, 40) for t in (0.5, 2.2) for s in (-1.0, 0.7, 3.0)]


def power(n, effect):
    bound = stats.t.ppf(0.975, n - 1)
    return stats.nct.sf(bound, n - 1, effect * n**0.5) + stats.nct.cdf(-bound, n - 1, effect * n**0.5)


out["power"] = []
for effect in (0.3, 0.5, 1.0, 2.0, 8.0):
    count = next(n for n in range(2, 1000) if power(n, effect) >= 0.8)
    out["power"].append({"effect": effect, "count": count, "seeds": 6, "power": power(6, effect)})

out["welch"] = []
for n, m in ((2, 2), (3, 8), (8, 5)):
    x, y = (0.9 + 0.01 * rng.standard_normal(n)).round(6), (0.89 + 0.03 * rng.standard_normal(m)).round(6)
    t = stats.ttest_ind(x, y, equal_var=False)
    i = t.confidence_interval(0.95)
    out["welch"].append({"first": x.tolist(), "second": y.tolist(), "mean": x.mean() - y.mean(), "degrees": t.df, "p": t.pvalue,
                         "low": i.low, "high": i.high})

out["permutation"] = []
for n in (1, 3, 5, 8, 20):
    x = rng.standard_normal(n).round(1)
    y = (x + 0.5 + rng.standard_normal(n)).round(1)
    if n > 16:
        # By drawing, many times.
        d = x - y
        s = rng.choice([-1, 1], size=(200_000, n)) @ d
        p = (np.abs(s) >= abs(d.sum()) - 1e-9).mean()
    else:
        # scipy.stats.permutation_test with permutation_type="samples", which refuses a single pair.
        d = x - y
        s = np.array(list(itertools.product([-1, 1], repeat=n))) @ d
        p = (np.abs(s) >= abs(d.sum()) - 1e-9).mean()
        if n > 1:
            q = stats.permutation_test((x, y), lambda a, b, axis: (a - b).mean(axis), permutation_type="samples", vectorized=True)
            assert abs(min(1, q.pvalue) - p) < 1e-12, (n, p, q.pvalue)
    out["permutation"].append({"first": x.tolist(), "second": y.tolist(), "p": p, "exact": n <= 16})

out["friedman"] = []
for blocks, k, digits in ((8, 9, 3), (4, 3, 3), (12, 5, 0), (2, 2, 3)):
    v = (rng.standard_normal((blocks, k)) + 0.4 * np.arange(k)).round(digits)
    ranks = stats.rankdata(-v, axis=1)
    # scipy wants three groups or more; of two the formula without ties.
    if k > 2:
        chi, p = stats.friedmanchisquare(*v.T)
    else:
        chi = 12 / (blocks * k * (k + 1)) * (ranks.sum(0) ** 2).sum() - 3 * blocks * (k + 1)
        p = stats.chi2.sf(chi, k - 1)
    mean = ranks.mean(0)
    unit = (k * (k + 1) / (6 * blocks)) ** 0.5
    bottom = blocks * (k - 1) - chi
    out["friedman"].append({
        "values": v.tolist(), "ranks": mean.tolist(), "statistic": chi, "p": p,
        "f": (blocks - 1) * chi / bottom if bottom > 1e-9 else None,
        "f_p": stats.f.sf((blocks - 1) * chi / bottom, k - 1, (k - 1) * (blocks - 1)) if bottom > 1e-9 else 0.0,
        "difference": stats.studentized_range.ppf(0.95, k, np.inf) / 2**0.5 * unit,
        "first_against_last": stats.studentized_range.sf(abs(mean[0] - mean[-1]) / unit * 2**0.5, k, np.inf)})

out["bootstrap"] = []
for n in (5, 8, 30):
    x = rng.exponential(size=n).round(4)
    a = stats.bootstrap((x,), np.mean, n_resamples=100_000, method="percentile", rng=rng).confidence_interval
    b = stats.bootstrap((x,), np.mean, n_resamples=100_000, method="BCa", rng=rng).confidence_interval
    out["bootstrap"].append({"values": x.tolist(), "low": a.low, "high": a.high, "bca_low": b.low, "bca_high": b.high})

out["hierarchical"] = []
for runs, examples in ((4, 50), (8, 200)):
    v = rng.binomial(1, np.clip(0.7 + 0.1 * rng.standard_normal((runs, 1)) + 0.2 * rng.standard_normal((1, examples)), 0, 1))
    found = [v[np.ix_(rng.integers(runs, size=runs), rng.integers(examples, size=examples))].mean() for _ in range(20_000)]
    low, high = np.quantile(found, [0.025, 0.975])
    out["hierarchical"].append({"values": v.tolist(), "mean": v.mean(), "low": low, "high": high})

out["spearman"] = []
for n in (3, 5, 7):
    x, y = rng.standard_normal(n).round(0 if n == 7 else 2), rng.standard_normal(n).round(2)
    a, b = stats.rankdata(x), stats.rankdata(y)
    own = abs(np.corrcoef(a, b)[0, 1])
    all_ = [abs(np.corrcoef(a, np.array(q))[0, 1]) for q in itertools.permutations(b)]
    out["spearman"].append({"x": x.tolist(), "y": y.tolist(), "p": float(np.mean(np.array(all_) >= own - 1e-9))})

# Several paired comparisons with Holm's method: which are rejected at 5 %.
out["holm"] = []
for effects in ((0.0, 0.02, 0.01, 0.005), (0.02, 0.02, 0.02), (0.0, 0.001)):
    d = [(e + 0.005 * rng.standard_normal(6)).round(6) for e in effects]
    p = np.array([stats.ttest_1samp(x, 0).pvalue for x in d])
    rejected = np.zeros(len(p), bool)
    for rank, i in enumerate(np.argsort(p)):
        if p[i] >= 0.05 / (len(p) - rank):
            break
        rejected[i] = True
    out["holm"].append({"differences": [x.tolist() for x in d], "rejected": rejected.tolist()})

text = json.dumps(out, default=float)
pathlib.Path(__file__).with_name("comparisons.json").write_text(text + "\n")
