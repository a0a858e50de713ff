package metric

// Of is the statistic over the samples. It is false where the statistic does
// not exist: without samples, and for an extended statistic when a value is
// negative or the values are not known (a statistic set that is not one
// repeated value), or nothing lies in its range.
func (st Statistic) Of(s Samples) (float64, bool) {
	if s.Empty() {
		return 0, false
	}
	switch st.Kind {
	case NoStatistic:
		return 0, false
	case SampleCount:
		return s.SampleCount, true
	case Average:
		return s.Sum / s.SampleCount, true
	case Sum:
		return s.Sum, true
	case Minimum:
		return s.Minimum, true
	case Maximum:
		return s.Maximum, true
	}
	values, known := s.Distribution()
	if !known || s.Minimum < 0 {
		return 0, false
	}
	if st.Kind == Percentile {
		return percentile(values, st.High.Value), true
	}
	t := st.trim(values, s.SampleCount)
	switch st.Kind {
	case TrimmedCount:
		return t.count, true
	case TrimmedSum:
		return t.sum, true
	case PercentileRank:
		return 100 * t.count / s.SampleCount, true
	case WinsorizedMean:
		return (t.sum + t.below*t.low + t.above*t.high) / s.SampleCount, true
	}
	if t.count == 0 {
		return 0, false
	}
	return t.sum / t.count, true
}

// percentile finds the value below which p percent of the samples lie.
//
// UNSURE: AWS does not document how it interpolates, and recordings hint that it
// counts values in bins about a tenth of their size wide. Here values are exact,
// the samples stand at ranks 0 to n-1, and between two ranks the value is
// interpolated linearly.
func percentile(values []Sample, p float64) float64 {
	var n float64
	for _, v := range values {
		n += v.Count
	}
	rank := p / 100 * max(n-1, 0)
	var seen float64 // samples up to and with the current value
	for i, v := range values {
		seen += v.Count
		if rank <= seen-1 || i == len(values)-1 {
			return v.Value
		}
		if rank < seen {
			return v.Value + (values[i+1].Value-v.Value)*(rank-(seen-1))
		}
	}
	return 0
}

// trimmed is what a range leaves of a distribution.
type trimmed struct {
	count, sum   float64 // of what lies inside
	below, above float64 // samples left out on either side
	low, high    float64 // the values that stand for them in a winsorized mean
}

// trim cuts the distribution to the statistic's range.
//
// UNSURE: how AWS treats a sample through which a percentage cuts. Here that
// sample counts by the share that lies inside, which is why a trimmed count of
// percentages may be a fraction, as it may in AWS.
func (st Statistic) trim(values []Sample, n float64) trimmed {
	var t trimmed
	from, to := 0.0, n // the range in samples, counted from the smallest
	if st.Percent {
		if st.Low.Set {
			from, t.low = st.Low.Value/100*n, percentile(values, st.Low.Value)
		}
		if st.High.Set {
			to, t.high = st.High.Value/100*n, percentile(values, st.High.Value)
		}
	} else {
		t.low, t.high = st.Low.Value, st.High.Value
	}
	var seen float64
	for _, v := range values {
		var below, above float64
		if st.Percent {
			below = min(max(from-seen, 0), v.Count)
			above = min(max(seen+v.Count-to, 0), v.Count-below)
		} else if st.Low.Set && v.Value <= st.Low.Value {
			below = v.Count
		} else if st.High.Set && v.Value > st.High.Value {
			above = v.Count
		}
		inside := v.Count - below - above
		t.count += inside
		t.sum += inside * v.Value
		t.below += below
		t.above += above
		seen += v.Count
	}
	return t
}
