package metric

import (
	"math"
	"regexp"
	"strconv"

	"tocsin/core/pattern"
)

// A Transformation says what a metric filter publishes, with the members of
// MetricTransformation in CloudWatch Logs.
type Transformation struct {
	MetricName, MetricNamespace string
	// MetricValue is a number, or the selector of the field that holds one.
	MetricValue string
	// DefaultValue is what an event that does not match publishes; nil for nothing.
	DefaultValue *float64
	// Dimensions have a selector as their Value. They and DefaultValue exclude each other.
	Dimensions []Dimension
	// Unit is empty for None.
	Unit string
}

// The system fields that can become dimensions (emitSystemFieldDimensions).
const (
	AccountField = "@aws.account"
	RegionField  = "@aws.region"
	SourceField  = "@source.log"
)

// A Filter is a metric filter, ready to turn log events into datapoints. It is
// not changed after NewFilter and may be shared.
type Filter struct {
	Name           string
	Pattern        *pattern.Pattern
	Transformation Transformation
	// SystemFields are dimensions whose values come with the event and not in it.
	SystemFields []string

	literal  bool
	value    float64
	identity Identity // of a filter without dimensions
}

// An Event is one log event with what a filter needs to know of it.
type Event struct {
	Message   []byte
	Timestamp int64 // milliseconds since 1970: the event's own time, not that of its arrival
	// Account, Region and Source are the values of the system fields.
	Account, Region, Source string
}

// A Datapoint is one sample for one metric.
type Datapoint struct {
	Metric Identity
	Unit   string
	Time   int64 // the start of its minute, in milliseconds since 1970
	Value  float64
}

// Datapoint is what one event publishes, given whether it matches the filter's
// pattern; false for nothing. The rules (CloudWatch Logs User Guide, and recordings):
//
//   - a matching event publishes the metric value, or nothing when the field is
//     absent or holds no number, or a dimension's field is absent;
//   - any other event publishes the default value, if there is one.
//
// UNSURE: whether a default value stands in for a matching event without a
// number (here it does not), and whether an event without a dimension's field
// counts without that dimension (here it does not count).
func (f *Filter) Datapoint(e Event, matched bool) (Datapoint, bool) {
	d := Datapoint{Metric: f.identity, Unit: f.Transformation.Unit, Time: Minute(e.Timestamp), Value: f.value}
	if d.Unit == "" {
		d.Unit = None
	}
	if !matched {
		if f.Transformation.DefaultValue == nil {
			return Datapoint{}, false
		}
		d.Value = *f.Transformation.DefaultValue
		return d, true
	}
	if !f.literal {
		text, ok := f.Pattern.Lookup(e.Message, f.Transformation.MetricValue)
		if !ok {
			return Datapoint{}, false
		}
		if d.Value, ok = number(text); !ok {
			return Datapoint{}, false
		}
	}
	if len(f.Transformation.Dimensions)+len(f.SystemFields) > 0 {
		dimensions, ok := f.dimensions(e)
		if !ok {
			return Datapoint{}, false
		}
		d.Metric = NewIdentity(f.identity.Namespace, f.identity.Name, dimensions...)
	}
	return d, true
}

// maxDimensionValue is the longest value of a dimension, in bytes (CloudWatch API Reference, Dimension).
const maxDimensionValue = 1024

func (f *Filter) dimensions(e Event) ([]Dimension, bool) {
	var out []Dimension
	for _, d := range f.Transformation.Dimensions {
		text, ok := f.Pattern.Lookup(e.Message, d.Value)
		if !ok || text == "" || len(text) > maxDimensionValue {
			return nil, false
		}
		out = append(out, Dimension{d.Name, text})
	}
	for _, field := range f.SystemFields {
		text := map[string]string{AccountField: e.Account, RegionField: e.Region, SourceField: e.Source}[field]
		if text == "" {
			return nil, false
		}
		out = append(out, Dimension{field, text})
	}
	return out, true
}

var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// maxValue bounds what CloudWatch takes as a value (CloudWatch API Reference, PutMetricData).
var maxValue = math.Ldexp(1, 360)

// number reads a decimal number within the bounds of CloudWatch's values.
func number(text string) (float64, bool) {
	if !decimal.MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && math.Abs(n) <= maxValue
}
