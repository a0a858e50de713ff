package metric

import (
	"math"
	"slices"
)

// MaxValues bounds how many different values Samples keep apart. Beyond it
// neighbouring values are put together, so that percentiles become approximate
// while SampleCount, Sum, Minimum and Maximum stay exact. A log group full of
// made-up numbers thus costs bounded memory.
const MaxValues = 4096

// A Sample is one value and how often it occurred. Counts may be fractions, as
// PutMetricData accepts them.
type Sample struct {
	Value, Count float64
}

// Samples are the values published for one metric in one stretch of time. The
// zero value holds none. A copy shares memory with its original: change only
// one of them, or Clone first.
type Samples struct {
	SampleCount, Sum, Minimum, Maximum float64
	// values holds the distribution in ascending order. It is nil while there
	// is only one value, which Minimum and SampleCount tell as well, and nil
	// when the distribution is not known; see Distribution.
	values []Sample
}

// Of is samples that each occurred once.
func Of(values ...float64) Samples {
	var s Samples
	for _, v := range values {
		s.Add(v, 1)
	}
	return s
}

// StatisticSet is samples of which only the four sums are known. Their values
// are known nevertheless when they are all the same, which is when Minimum
// equals Maximum and Sum equals Minimum times SampleCount (CloudWatch
// statistics definitions); otherwise no percentile can be told.
func StatisticSet(sampleCount, sum, minimum, maximum float64) Samples {
	if sampleCount <= 0 {
		return Samples{}
	}
	return Samples{SampleCount: sampleCount, Sum: sum, Minimum: minimum, Maximum: maximum}
}

// Empty tells whether there is no sample.
func (s Samples) Empty() bool { return s.SampleCount == 0 }

// Clone is a copy that shares no memory with s.
func (s Samples) Clone() Samples {
	s.values = slices.Clone(s.values)
	return s
}

// Add adds a value that occurred count times. A count of zero or less, and a
// value that is no finite number, are left out.
func (s *Samples) Add(value, count float64) {
	if !(count > 0) || math.IsNaN(value) || math.IsInf(value, 0) || math.IsInf(count, 0) {
		return
	}
	s.Merge(Samples{SampleCount: count, Sum: value * count, Minimum: value, Maximum: value})
}

// Merge adds all samples of other, which stays as it is.
func (s *Samples) Merge(other Samples) {
	switch {
	case other.Empty():
		return
	case s.Empty():
		*s = other.Clone()
		return
	case s.single() && other.single() && s.Minimum == other.Minimum:
		// The product keeps the set recognizable as one repeated value, which
		// the rounding of many additions would not.
		s.SampleCount += other.SampleCount
		s.Sum = s.Minimum * s.SampleCount
		return
	}
	mine, known := s.Distribution()
	theirs, theirsKnown := other.Distribution()
	s.SampleCount += other.SampleCount
	s.Sum += other.Sum
	s.Minimum = min(s.Minimum, other.Minimum)
	s.Maximum = max(s.Maximum, other.Maximum)
	s.values = nil
	if known && theirsKnown {
		s.values = fold(unite(mine, theirs))
	}
}

// Distribution is how often each value occurred, in ascending order of values.
// It is false when that is not known, because part of the samples came as a
// statistic set. The slice is not to be changed.
func (s Samples) Distribution() ([]Sample, bool) {
	switch {
	case s.values != nil:
		return s.values, true
	case s.Empty():
		return nil, true
	case s.single():
		return []Sample{{s.Minimum, s.SampleCount}}, true
	}
	return nil, false
}

// single tells whether the samples are one value, however often.
func (s Samples) single() bool {
	return s.values == nil && s.Minimum == s.Maximum && s.Sum == s.Minimum*s.SampleCount
}

// unite merges two ascending distributions into a new one.
func unite(a, b []Sample) []Sample {
	out := make([]Sample, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Value < b[0].Value:
			out, a = append(out, a[0]), a[1:]
		case a[0].Value > b[0].Value:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, Sample{a[0].Value, a[0].Count + b[0].Count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// fold puts neighbouring values together until at most MaxValues are left. The
// groups are those of equal count of values, each becomes its mean.
func fold(values []Sample) []Sample {
	if len(values) <= MaxValues {
		return values
	}
	// Halving makes room for as many new values again, so that folding is rare.
	const left = MaxValues / 2
	out := make([]Sample, 0, left)
	for i := range left {
		group := values[i*len(values)/left : (i+1)*len(values)/left]
		var count, mean float64
		for _, v := range group {
			count += v.Count
			mean += (v.Value - mean) * v.Count / count
		}
		out = append(out, Sample{mean, count})
	}
	return out
}
