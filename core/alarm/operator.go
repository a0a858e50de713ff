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

	LessThanLowerOrGreaterThanUpperThreshold: {phrase: "less than the lower thresholds", band: true},
	LessThanLowerThreshold:                   {phrase: "less than the lower thresholds", band: true},
	GreaterThanUpperThreshold:                {phrase: "greater than the upper thresholds", band: true},
}

// Breaches tells whether value crosses the threshold. It is false for the
// operators of a band, which have no single threshold.
func (o Operator) Breaches(value, threshold float64) bool {
	switch o {
	case GreaterThanOrEqualToThreshold:
		return value >= threshold
	case GreaterThanThreshold:
		return value > threshold
	case LessThanThreshold:
		return value < threshold
	case LessThanOrEqualToThreshold:
		return value <= threshold
	}
	return false
}
