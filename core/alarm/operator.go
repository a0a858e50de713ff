package alarm

// An Operator compares a statistic, on the left, with the threshold.
type Operator string

const (
	GreaterThanOrEqualToThreshold Operator = "GreaterThanOrEqualToThreshold"
	GreaterThanThreshold          Operator = "GreaterThanThreshold"
	LessThanThreshold             Operator = "LessThanThreshold"
	LessThanOrEqualToThreshold    Operator = "LessThanOrEqualToThreshold"

	// Of anomaly detection alarms, which compare with a band.
	LessThanLowerOrGreaterThanUpperThreshold Operator = "LessThanLowerOrGreaterThanUpperThreshold"
	LessThanLowerThreshold                   Operator = "LessThanLowerThreshold"
	GreaterThanUpperThreshold                Operator = "GreaterThanUpperThreshold"
)

// operators are all operators with the words of the state reason.
var operators = map[Operator]struct {
	phrase string
	band   bool
}{
	GreaterThanOrEqualToThreshold: {phrase: "greater than or equal to"},
	GreaterThanThreshold:          {phrase: "greater than"},
	LessThanThreshold:             {phrase: "less than"},
	LessThanOrEqualToThreshold:    {phrase: "less than or equal to"},

	LessThanLowerOrGreaterThanUpperThreshold: {band: true},
	LessThanLowerThreshold:                   {band: true},
	GreaterThanUpperThreshold:                {band: true},
}

// Breaches tells whether a datapoint crosses the alarm's threshold, or leaves
// its band. Nothing compares with a value that is no number.
func (a Alarm) Breaches(d Datapoint) bool {
	switch a.ComparisonOperator {
	case GreaterThanOrEqualToThreshold:
		return d.Value >= a.Threshold
	case GreaterThanThreshold:
		return d.Value > a.Threshold
	case LessThanThreshold:
		return d.Value < a.Threshold
	case LessThanOrEqualToThreshold:
		return d.Value <= a.Threshold
	case LessThanLowerOrGreaterThanUpperThreshold:
		return d.Value < d.Lower || d.Value > d.Upper
	case LessThanLowerThreshold:
		return d.Value < d.Lower
	case GreaterThanUpperThreshold:
		return d.Value > d.Upper
	}
	return false
}
