package metric

// OfDistribution is the samples that were stored as their four sums and, where
// those do not tell it, the distribution: what Distribution gave, in ascending
// order of values. Without values it is the StatisticSet. The sums stay to the
// bit, which adding the values up again would not give. It keeps values.
func OfDistribution(set Samples, values []Sample) Samples {
	if set.Empty() || len(values) == 0 {
		return set
	}
	set.values = values
	return set
}
