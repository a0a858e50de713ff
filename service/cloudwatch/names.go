package cloudwatch

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/metric"
)

// Limits of a metric's identity (CloudWatch API Reference, MetricDatum and Dimension).
const (
	maxNamespace      = 255
	maxMetricName     = 255
	maxDimensions     = 30
	maxDimensionName  = 255
	maxDimensionValue = 1024
)

// checkText checks a parameter that is a text of 1 to most characters.
func (f *faults) checkText(text *string, name string, most int) {
	switch {
	case text == nil:
		f.add(missing("The parameter %s is required.", name))
	case *text == "":
		f.add(invalid("The parameter %s must be longer than 0 characters.", name))
	case utf8.RuneCountInString(*text) > most:
		f.add(invalid("The parameter %s must be shorter than %d characters.", name, most+1))
	}
}

// checkNamespace checks the namespace of what is published. The characters are
// those that the user guide names: plain ASCII, not beginning with a colon.
func (f *faults) checkNamespace(namespace *string) {
	f.checkText(namespace, "Namespace", maxNamespace)
	if n := aws.ToString(namespace); n != "" && (n[0] == ':' || !isASCII(n)) {
		f.add(invalid("The value %s for parameter Namespace is invalid.", n))
	}
}

// isASCII tells a text of printable ASCII characters of which not all are blanks.
func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) && strings.TrimSpace(text) != ""
}

// identity is a metric; what is wrong with it goes to f. Place is what stands
// before the names of its parameters.
func (f *faults) identity(namespace, name *string, dimensions []types.Dimension, place string) metric.Identity {
	f.checkText(name, place+"MetricName", maxMetricName)
	return metric.NewIdentity(aws.ToString(namespace), aws.ToString(name), f.dimensions(dimensions, place+"Dimensions")...)
}

func (f *faults) dimensions(given []types.Dimension, place string) []metric.Dimension {
	if len(given) > maxDimensions {
		f.add(invalid("The collection %s must not have a size greater than %d.", place, maxDimensions))
		return nil
	}
	var out []metric.Dimension
	seen := map[string]bool{}
	for i, d := range given {
		member := fmt.Sprintf("%s.member.%d", place, i+1)
		f.checkText(d.Name, member+".Name", maxDimensionName)
		f.checkText(d.Value, member+".Value", maxDimensionValue)
		name, value := aws.ToString(d.Name), aws.ToString(d.Value)
		if name != "" && (name[0] == ':' || !isASCII(name)) {
			f.add(invalid("The value %s for parameter %s.Name is invalid.", name, member))
		}
		if value != "" && !isASCII(value) {
			f.add(invalid("The value %s for parameter %s.Value is invalid.", value, member))
		}
		if seen[name] {
			f.add(invalid("The parameter %s.Name must not occur twice in a metric: %s.", member, name))
		}
		seen[name] = true
		out = append(out, metric.Dimension{Name: name, Value: value})
	}
	return out
}

// checkUnit checks a unit; empty is none.
func (f *faults) checkUnit(unit types.StandardUnit, name string) {
	if unit != "" && !metric.IsUnit(string(unit)) {
		f.add(invalid("The parameter %s must be a value in the set [ %s ].", name, strings.Join(metric.Units(), ", ")))
	}
}

// sdkDimensions are dimensions as the SDK has them.
func sdkDimensions(dimensions []metric.Dimension) []types.Dimension {
	out := []types.Dimension{}
	for _, d := range dimensions {
		out = append(out, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
	}
	return out
}
