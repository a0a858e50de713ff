package expression

import "math"

// apply is X op Y for two numbers; no number where it does not exist.
func apply(op string, x, y float64) float64 {
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		if y == 0 {
			return math.NaN() // the point is dropped
		}
		return x / y
	case "^":
		return math.Pow(x, y)
	}
	if math.IsNaN(x) || math.IsNaN(y) {
		return math.NaN()
	}
	switch op {
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case "<=":
		return truth(x <= y)
	case ">":
		return truth(x > y)
	case ">=":
		return truth(x >= y)
	case "AND":
		return truth(x != 0 && y != 0)
	}
	return truth(x != 0 || y != 0) // OR
}

// binary is X op Y for all kinds.
func (e *evaluation) binary(op string, x, y value) value {
	switch {
	case x.kind == Scalar && y.kind == Scalar:
		return scalar(apply(op, x.number, y.number))
	case x.kind == Scalar:
		return y.each(func(s Series) Series {
			return s.each(func(p Point) float64 { return apply(op, x.number, p.Value) })
		})
	case y.kind == Scalar:
		return x.each(func(s Series) Series {
			return s.each(func(p Point) float64 { return apply(op, p.Value, y.number) })
		})
	case x.kind == Array:
		return x.each(func(s Series) Series { return pairwise(op, s, y.series[0], s) })
	case y.kind == Array:
		return y.each(func(s Series) Series { return pairwise(op, x.series[0], s, s) })
	}
	return one(pairwise(op, x.series[0], y.series[0], together(x.series[0], y.series[0])))
}

// pairwise is x op y wherever one of them has a point. What the other lacks there
// is 0 (user guide, "Basic arithmetic functions" and "Comparison and logical
// operators"), so that a division by what is missing is one by zero and leaves no
// point.
func pairwise(op string, x, y, named Series) Series {
	out := together(x, y)
	out.Label, out.Stat = named.Label, named.Stat
	for _, t := range times(x, y) {
		a, _ := x.at(t)
		b, _ := y.at(t)
		out.add(t, apply(op, a, b))
	}
	return out
}
