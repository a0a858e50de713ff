package expression

import (
	"cmp"
	"math"
	"slices"
)

var sortable = []string{"AVG", "MIN", "MAX", "SUM"}

// checkSort: SORT(TS[], AVG MIN MAX or SUM, ASC or DESC) and a limit.
func checkSort(c *checker, n *Call) (Kind, error) {
	first := &Call{at: n.at, Name: n.Name, Args: n.Args[:1]}
	if _, err := c.args(first, []Kind{Array}); err != nil {
		return 0, err
	}
	if w, ok := n.Args[1].(*Word); !ok || !slices.Contains(sortable, w.Name) {
		return 0, c.refuse(n.Args[1], "SORT sorts by AVG, MIN, MAX or SUM")
	}
	if w, ok := n.Args[2].(*Word); !ok || w.Name != "ASC" && w.Name != "DESC" {
		return 0, c.refuse(n.Args[2], "SORT sorts ASC, the lowest first, or DESC")
	}
	if len(n.Args) == 4 {
		k, err := c.of(n.Args[3])
		switch {
		case err != nil:
			return 0, err
		case k != Scalar:
			return 0, c.refuse(n.Args[3], "SORT takes as its limit a scalar, not %s", k)
		}
	}
	return Array, nil
}

// sorted is SORT. Series without points come last in either order. UNSURE
func sorted(e *evaluation, n *Call) value {
	by := summaries[n.Args[1].(*Word).Name]
	descending := n.Args[2].(*Word).Name == "DESC"
	series := slices.Clone(e.of(n.Args[0]).series)
	rank := func(s Series) float64 {
		if len(s.Points) == 0 {
			return math.Inf(1)
		}
		v := by(s.values(), 1)
		if descending {
			return -v
		}
		return v
	}
	slices.SortStableFunc(series, func(a, b Series) int { return cmp.Compare(rank(a), rank(b)) })
	if len(n.Args) == 4 {
		if limit := e.of(n.Args[3]).number; limit < float64(len(series)) {
			series = series[:int(max(limit, 0))]
		}
	}
	return value{kind: Array, series: series}
}
